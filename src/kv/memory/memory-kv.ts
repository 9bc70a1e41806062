/**
 * Why: the model of the contract, and the catalog of tests and simulations: states are immutable, so nothing can be
 * half seen.
 */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { asBuffer } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import { ChangeWaiters } from '../change-waiters.ts';
import { entryBatches } from '../entry-batches.ts';
import { evaluate, type MutableState, replay } from '../evaluate.ts';
import type {
  Change,
  Commit,
  CommitResult,
  Entry,
  KvLimits,
  KvStatus,
  Put,
  RangeQuery,
  RangeResult,
  Revision,
} from '../kv.ts';
import { commonLimits } from '../kv.ts';
import { checkChanges, checkCommit, checkKey, checkRange, checkTrim } from '../limits.ts';
import { checkReplay, refuseTrimmed } from '../log-rules.ts';
import { stagedBatch } from '../staged-batch.ts';
import type { KvSnapshot, StagedBatch, StagingKv } from '../staging.ts';
import { MemoryKvFile } from './memory-kv-file.ts';
import { ascend, type Bounds, descend, find, insert, type OrderedMap, remove } from './ordered-map.ts';

export type MemoryKvOptions = {
  /** For the incarnation of a new file. */
  readonly random: Random;
  /** What a store before this one left behind; a new one when absent. */
  readonly file?: MemoryKvFile;
  readonly limits?: KvLimits;
};

const maxWaitingWriters = 4096;

export class MemoryKv implements StagingKv {
  readonly limits: KvLimits;
  readonly isFull = false;
  readonly #file: MemoryKvFile;
  readonly #waiters: ChangeWaiters;
  readonly #writer = new Semaphore('writes to the store', 1, maxWaitingWriters);
  #closing: Promise<void> | undefined;

  constructor({ random, file = new MemoryKvFile(newId(random)), limits = commonLimits }: MemoryKvOptions) {
    this.limits = limits;
    this.#file = file;
    this.#waiters = new ChangeWaiters(file.status.revision);
    file.openBy(this);
  }

  async get(key: Uint8Array, options: CallOptions = {}): Promise<Entry | undefined> {
    this.#admit(options);
    checkKey(key, this.limits);
    return find(this.#file.state.entries, mapKey(key));
  }

  async range(query: RangeQuery, options: CallOptions = {}): Promise<RangeResult> {
    this.#admit(options);
    checkRange(query);
    const { entries, revision } = this.#file.state;
    const walk = query.reverse === true ? descend : ascend;
    const found = [...walk(entries, boundsOf(query.from, query.to)).take(query.limit + 1)];
    return { entries: found.slice(0, query.limit), revision, more: found.length > query.limit };
  }

  async commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    const batch = await this.stage([commit], options);
    await batch.accept();
    return batch.results[0] as CommitResult;
  }

  async changes(after: Revision, limit: number, options: CallOptions = {}): Promise<readonly Change[]> {
    this.#admit(options);
    checkChanges(after, limit);
    refuseTrimmed(after, this.#file.status);
    return this.#file.changes(after, limit);
  }

  async changed(after: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    await this.#waiters.wait(after, options);
  }

  async trim(upTo: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    const { revision, trimmedTo } = this.#file.status;
    checkTrim(upTo, revision);
    if (upTo > trimmedTo) this.#file.trim(upTo);
  }

  async status(options: CallOptions = {}): Promise<KvStatus> {
    this.#admit(options);
    return this.#file.status;
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async stage(commits: readonly Commit[], options: CallOptions = {}): Promise<StagedBatch> {
    this.#admit(options);
    for (const commit of commits) checkCommit(commit, this.limits);
    const permit = await this.#writer.acquire(1, options);
    const { entries, revision } = this.#file.state;
    const draft = new Draft(entries);
    const evaluation = evaluate(draft, commits, revision);
    return stagedBatch(evaluation, {
      accept: async () => {
        using _ = permit;
        this.#accept(draft.entries, evaluation.changes);
      },
      discard: async () => permit.release(),
    });
  }

  async apply(changes: readonly Change[], options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    using _ = await this.#writer.acquire(1, options);
    const { entries, revision } = this.#file.state;
    const fresh = checkReplay(changes, revision).map(ownChange);
    const draft = new Draft(entries);
    replay(draft, fresh);
    this.#accept(draft.entries, fresh);
  }

  async snapshot(options: CallOptions = {}): Promise<KvSnapshot> {
    this.#admit(options);
    const { state, status } = this.#file;
    return { status, batches: batchesOf(state.entries) };
  }

  async restore(snapshot: KvSnapshot, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    using _ = await this.#writer.acquire(1, options);
    this.#file.clear();
    let entries: OrderedMap<Entry>;
    for await (const batch of snapshot.batches) {
      throwIfAborted(options.signal);
      for (const entry of batch.map(ownEntry)) entries = insert(entries, mapKey(entry.key), entry);
    }
    this.#refuseSuperseded();
    this.#file.restore(entries, snapshot.status);
    this.#waiters.announce(snapshot.status.revision);
  }

  async #finish(): Promise<void> {
    using _ = await this.#writer.acquire(); // behind all that were admitted
    this.#waiters.close(new CopysetError('closed', 'the store was closed'));
  }

  #accept(entries: OrderedMap<Entry>, changes: readonly Change[]): void {
    this.#refuseSuperseded();
    this.#file.accept(entries, changes);
    this.#waiters.announce(this.#file.state.revision);
  }

  #admit({ signal }: CallOptions): void {
    throwIfAborted(signal);
    if (this.#closing !== undefined) throw new CopysetError('closed', 'the store was closed');
    this.#refuseSuperseded();
  }

  #refuseSuperseded(): void {
    if (!this.#file.isOpenBy(this)) throw new CopysetError('closed', 'another store was opened over this file');
  }
}

/** The state under evaluation: each step leaves the maps before it as they were. */
class Draft implements MutableState {
  entries: OrderedMap<Entry>;

  constructor(entries: OrderedMap<Entry>) {
    this.entries = entries;
  }

  value(key: Uint8Array): Uint8Array | undefined {
    return find(this.entries, mapKey(key))?.value;
  }

  holdsAny(from: Uint8Array, to: Uint8Array): boolean {
    return ascend(this.entries, boundsOf(from, to)).next().done !== true;
  }

  put({ key, value }: Put, revision: Revision): void {
    this.entries = insert(this.entries, mapKey(key), { key, value, revision });
  }

  delete(key: Uint8Array): boolean {
    const before = this.entries;
    if (find(before, mapKey(key)) === undefined) return false;
    this.entries = remove(before, mapKey(key));
    return true;
  }
}

function ownEntry({ key, value, revision }: Entry): Entry {
  return { key: key.slice(), value: value.slice(), revision };
}

function ownChange({ revision, puts, deletes }: Change): Change {
  return {
    revision,
    puts: puts.map(({ key, value }) => ({ key: key.slice(), value: value.slice() })),
    deletes: deletes.map((key) => key.slice()),
  };
}

async function* batchesOf(entries: OrderedMap<Entry>): AsyncGenerator<readonly Entry[]> {
  yield* entryBatches(ascend(entries, { from: '', to: undefined }));
}

function boundsOf(from: Uint8Array, to: Uint8Array | undefined): Bounds {
  return { from: mapKey(from), to: to === undefined ? undefined : mapKey(to) };
}

function mapKey(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}
