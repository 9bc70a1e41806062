/**
 * Why: the catalog is as safe as the blocks: a commit is acknowledged when the write quorum of its journals has it
 * synced, whatever the store below made durable. docs/formats/journal.md describes what lies on disk and how a start
 * decides.
 */
import { assert } from '../../base/assert.ts';
import { anySignal, type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { CopysetError, type ErrorCode, isCopysetError, toCopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { CommitQueue } from '../commit-queue.ts';
import type {
  Change,
  Commit,
  CommitResult,
  Entry,
  Kv,
  KvLimits,
  KvStatus,
  RangeQuery,
  RangeResult,
  Revision,
} from '../kv.ts';
import { checkCommit } from '../limits.ts';
import type { StagedBatch, StagingKv } from '../staging.ts';
import { defaultJournalLimits, type JournalContext, type JournaledKvOptions } from './options.ts';
import type { JournalPlace } from './place/journal-place.ts';
import { patientDisk } from './place/patient-disk.ts';
import { changeSet } from './run/change-set.ts';
import { JournalGroup } from './run/group.ts';
import type { Member } from './run/member.ts';
import { recover } from './run/recover.ts';
import { type JournalScrub, type ScrubOptions, scrubJournals } from './run/scrub.ts';
import type { JournalService } from './run/service.ts';
import { type JournalStatus, statusOf } from './run/status.ts';
import { tend } from './run/tend.ts';
import { type JournalVerification, verifyPlaces } from './verify.ts';

/**
 * Reads the journals, decides, and opens a new term. Rejects with `journal.missing` or `journal.damaged` when
 * acknowledged commits might be lost by going on (details: `needed` ids and `paths`); may be called again, with the
 * same inner store.
 */
export async function openJournaledKv(options: JournaledKvOptions): Promise<JournaledKv> {
  const { journals, waitFor, ...rest } = options;
  if (journals.length === 0) throw new CopysetError('request.invalid', 'a journaled store has at least one journal');
  const stop = new AbortController();
  const limits = { ...defaultJournalLimits, ...options.limits };
  const context: JournalContext = { ...rest, limits, stopping: stop.signal };
  const group = new JournalGroup(context);
  try {
    await recoverWhenPossible(context, group, { journals, waitFor });
    return new JournaledKv({ context, group, stop }, journals);
  } catch (error) {
    await group.close();
    throw error;
  }
}

const maxAttempts = 5;

/** What disks failed is tried again; what was refused, when `waitFor` says so. */
async function recoverWhenPossible(
  context: JournalContext,
  group: JournalGroup,
  { journals, waitFor }: { journals: readonly JournalPlace[]; waitFor: JournaledKvOptions['waitFor'] },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await recover(context, group, journals);
    } catch (error) {
      if (waitFor !== undefined && isCopysetError(error, 'journal.missing', 'journal.damaged')) await waitFor(error);
      else if (attempt >= maxAttempts || !isCopysetError(error, ...passing)) throw error;
      else await context.clock.sleep(context.limits.retryMs);
    }
  }
}

/** What another attempt may not meet again. */
const passing: readonly ErrorCode[] = [
  'read_only',
  'timeout',
  'disk.full',
  'disk.io',
  'disk.not_found',
  'format.damaged',
  'kv.unreachable',
];

type Recovered = { readonly context: JournalContext; readonly group: JournalGroup; readonly stop: AbortController };

export class JournaledKv implements Kv {
  readonly limits: KvLimits;
  readonly #context: JournalContext;
  readonly #inner: StagingKv;
  readonly #group: JournalGroup;
  readonly #places = new Map<VolumeId, JournalPlace>();
  readonly #queue: CommitQueue;
  readonly #turn = new Semaphore('turns to write the log', 1, Number.POSITIVE_INFINITY);
  readonly #changing = new Semaphore('changes of the set of journals', 1, 16);
  readonly #scrubbing = new Semaphore('scrubs of the journals', 1, 16);
  readonly #stop: AbortController;
  readonly #service: JournalService;
  readonly #tending = new Map<Member, Promise<void>>();
  #failure: CopysetError | undefined;
  #recovering: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** For `openJournaledKv`: the group has a term, and the inner store is at its beginning. */
  constructor({ context, group, stop }: Recovered, places: readonly JournalPlace[]) {
    this.#stop = stop;
    this.limits = context.inner.limits;
    this.#context = { ...context, acceptLoss: false };
    this.#inner = context.inner;
    this.#group = group;
    this.#addPlaces(places);
    const run = (commits: readonly Commit[]) => this.#inTurn(() => this.#runBatch(commits));
    this.#queue = new CommitQueue({ limits: context.limits, run, gather: context.gather });
    this.#service = {
      context: this.#context,
      group,
      inTurn: (work) => this.#inTurn(work),
      addPlaces: (more) => this.#addPlaces(more),
      keepPlaces: (only) => {
        this.#places.clear();
        this.#addPlaces(only);
      },
    };
    this.#tendAll();
  }

  async get(key: Uint8Array, options?: CallOptions): Promise<Entry | undefined> {
    return this.#reader().get(key, options);
  }

  async range(query: RangeQuery, options?: CallOptions): Promise<RangeResult> {
    return this.#reader().range(query, options);
  }

  async changes(after: Revision, limit: number, options?: CallOptions): Promise<readonly Change[]> {
    return this.#reader().changes(after, limit, options);
  }

  async changed(after: Revision, options?: CallOptions): Promise<void> {
    return this.#reader().changed(after, options);
  }

  async trim(upTo: Revision, options?: CallOptions): Promise<void> {
    return this.#reader().trim(upTo, options);
  }

  async status(options?: CallOptions): Promise<KvStatus> {
    return this.#reader().status(options);
  }

  async commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    throwIfAborted(options.signal);
    this.#refuseClosed();
    checkCommit(commit, this.limits);
    this.#refuseReadOnly();
    if (this.#isFull) this.#refuseGrowth(commit);
    return this.#queue.submit(commit, options);
  }

  journalStatus(): JournalStatus {
    return statusOf(this.#group, { failure: this.#failure, isFull: this.#isFull });
  }

  /** Reads everything in every journal. */
  verifyJournals(options?: CallOptions): Promise<JournalVerification[]> {
    const { clock, limits, storeId } = this.#context;
    const places = [...this.#places.values()].map(({ id, disk }) => {
      return { id, disk: patientDisk(disk, clock, limits.syncTimeoutMs) };
    });
    return verifyPlaces(places, storeId, options);
  }

  /**
   * Reads everything in every journal that takes part, one after the other. What is damaged is healed from now on, see
   * `journalStatus`.
   */
  async scrubJournals({ signal, ...options }: ScrubOptions): Promise<JournalScrub[]> {
    this.#refuseClosed();
    const either = anySignal(this.#stop.signal, signal);
    using _ = await this.#scrubbing.acquire(1, { signal: either });
    return await scrubJournals(this.#service, { ...options, signal: either });
  }

  /**
   * Makes `places` the set: new ones are filled first, those left out take no further part. Rejects with nothing
   * changed when a new one cannot be filled; with `kv.unknown_outcome` when a write quorum is lost in the middle.
   */
  async changeJournals(places: readonly JournalPlace[]): Promise<void> {
    this.#refuseClosed();
    using _ = await this.#changing.acquire();
    try {
      await changeSet(this.#service, places);
    } finally {
      this.#tendAll();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#queue.idle();
    this.#stop.abort(new CopysetError('closed', 'the store was closed'));
    await this.#recovering;
    await this.#group.close();
    await this.#inner.close();
  }

  #addPlaces(places: readonly JournalPlace[]): void {
    for (const place of places) this.#places.set(place.id, place);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    using _ = await this.#turn.acquire();
    this.#refuseReadOnly();
    try {
      return await work();
    } catch (error) {
      throw this.#group.inDoubt ? this.#lose(error) : error;
    }
  }

  async #runBatch(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const staged = await this.#inner.stage(commits);
    if (staged.changes.length > 0) await this.#journal(staged);
    try {
      await staged.accept();
    } catch (error) {
      throw staged.changes.length === 0 ? error : this.#lose(error);
    }
    return staged.results;
  }

  /** The commit point. */
  async #journal(staged: StagedBatch): Promise<void> {
    const newest = this.#group.position?.head.revision ?? 0;
    try {
      assert((staged.changes[0]?.revision ?? 0) > newest, 'a batch follows what is in the journals');
      await this.#group.append({ kind: 'batch', changes: staged.changes });
    } catch (error) {
      await staged.discard();
      throw error;
    }
  }

  /** Nobody knows what became of the last record: a recovery finds out, and no commits are taken until then. */
  #lose(cause: unknown): CopysetError {
    this.#failure = readOnlyError(cause);
    this.#recovering ??= this.#recover();
    return new CopysetError('kv.unknown_outcome', 'too few journals have the commit', { cause });
  }

  async #recover(): Promise<void> {
    const { clock, limits, stopping } = this.#context;
    let waitMs = limits.retryMs;
    while (!stopping.aborted && !(await this.#recoverOnce())) {
      await Promise.allSettled([clock.sleep(waitMs, { signal: stopping })]);
      waitMs = Math.min(2 * waitMs, 30 * limits.retryMs);
    }
  }

  async #recoverOnce(): Promise<boolean> {
    using _ = await this.#turn.acquire();
    try {
      await recover(this.#context, this.#group, [...this.#places.values()]);
    } catch (error) {
      this.#failure = readOnlyError(error);
      return false;
    }
    this.#failure = undefined;
    this.#recovering = undefined;
    this.#tendAll();
    return true;
  }

  #tendAll(): void {
    for (const member of this.#group.members.values()) {
      if (this.#tending.has(member)) continue;
      const tending = tend(this.#service, member).finally(() => this.#tending.delete(member));
      this.#tending.set(member, tending);
    }
  }

  #reader(): StagingKv {
    this.#refuseClosed();
    return this.#inner;
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new CopysetError('closed', 'the store was closed');
  }

  #refuseReadOnly(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  get #isFull(): boolean {
    return this.#group.isFull || this.#inner.isFull;
  }

  /** What is left of a full disk is kept for commits that make room. */
  #refuseGrowth({ put = [], delete: deletes = [] }: Commit): void {
    const putBytes = put.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
    if (putBytes === 0 || (deletes.length > 0 && putBytes <= this.#context.limits.fullPutBytes)) return;
    throw new CopysetError('disk.full', 'the disks of the catalog are full: only commits that delete are taken');
  }
}

function readOnlyError(cause: unknown): CopysetError {
  const error = toCopysetError(cause);
  const code = isCopysetError(error, 'disk.full') ? 'disk.full' : 'read_only';
  return new CopysetError(code, `no commits are taken: ${error.message}`, { cause });
}
