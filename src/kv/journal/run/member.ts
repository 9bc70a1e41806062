/**
 * Why: one journal at run time. Each has its own queue and its own pace, so that a slow or hung one holds nobody: it
 * falls behind within a bound, is then left alone, and is copied anew later. Whatever it does happens one thing after
 * the other, and nothing new begins before the last thing settled.
 */
import { present } from '../../../base/assert.ts';
import type { Clock } from '../../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../../base/errors.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { DiskLock } from '../../../disk/disk.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import { type EncodedRecord, frameBytes } from '../format/record.ts';
import type { JournalLimits } from '../options.ts';
import { dropReserve, type LogFileStart, removeCovered, removeOthers } from '../place/housekeeping.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { type LogWriter, startLog } from '../place/log-writer.ts';
import { lockName } from '../place/names.ts';

export type MemberState = 'opening' | 'ok' | 'lagging' | 'failed' | 'missing';

/** A journal that is whole and open. */
export type OpenedJournal = {
  readonly log: LogWriter;
  readonly files: readonly LogFileStart[];
  /** The newest snapshot in it. */
  readonly base: number;
  /** Older snapshots and log files were looked for and removed. */
  readonly prunedTo: number;
  readonly snapshotBytes: number;
  /** Something before its end is damaged: a new snapshot makes that superfluous. */
  readonly wantsSnapshot: boolean;
  /** Of the log after it. */
  readonly logBytes: number;
  readonly hasReserve: boolean;
};

/** Part of what a journal held is lost: it is to be made anew behind it. */
export type Damage = {
  /** For people. */
  readonly found: string;
  /** Why it was not made anew yet, once that was tried. */
  readonly obstacle?: string;
};

export type MemberHost = {
  readonly clock: Clock;
  readonly limits: JournalLimits;
  readonly storeId: StoreId;
  /** For the header of a new log file. */
  currentSet(): JournalSet;
  /** Something about this member is different now. */
  changed(): void;
};

export class Member {
  readonly place: JournalPlace;
  readonly #host: MemberHost;
  #state: MemberState = 'missing';
  #error: CopysetError | undefined;
  #opened: OpenedJournal | undefined;
  #synced: Point | undefined;
  #queue: EncodedRecord[] = [];
  #queuedBytes = 0;
  #waitingSinceMs = 0;
  #draining = false;
  /** Somebody waits for the log to go on in a new file. */
  #newLog: PromiseWithResolvers<void> | undefined;
  #damage: Damage | undefined;
  /** Counts beginnings and ends: who holds an older number may not touch the member any more. */
  #attempt = 0;
  #settled: Promise<void> = Promise.resolve();
  #chore: Promise<unknown> = Promise.resolve();
  #lock: Promise<DiskLock> | undefined;
  #isClosed = false;

  constructor(place: JournalPlace, host: MemberHost) {
    this.place = place;
    this.#host = host;
  }

  get id(): VolumeId {
    return this.place.id;
  }

  get state(): MemberState {
    return this.#state;
  }

  get error(): CopysetError | undefined {
    return this.#error;
  }

  /** Another one after each beginning and end: what was seen of the journal before says nothing of it after. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Found while it takes part, and not healed yet. */
  get damage(): Damage | undefined {
    return this.#damage;
  }

  /** Durable in this journal; undefined while it takes no part. */
  get synced(): Point | undefined {
    return this.#synced;
  }

  get opened(): OpenedJournal | undefined {
    return this.#opened;
  }

  /** Whether what it was given may still become durable. */
  get isActive(): boolean {
    return this.#state === 'ok' || this.#state === 'opening';
  }

  get bytes(): number {
    return (this.#opened?.logBytes ?? 0) + (this.#opened?.snapshotBytes ?? 0);
  }

  get snapshotIsDue(): boolean {
    if (this.#opened === undefined || this.#state !== 'ok') return false;
    const { base, files, logBytes, snapshotBytes, wantsSnapshot } = this.#opened;
    const { limits } = this.#host;
    const isScattered = files.filter(({ after }) => after >= base).length > limits.maxLogFiles;
    return wantsSnapshot || isScattered || logBytes >= Math.max(limits.snapshotBytes, snapshotBytes);
  }

  snapshotIsDamaged(): void {
    this.#update(() => ({ wantsSnapshot: true }));
  }

  /** Undefined: all that was damaged is gone. */
  setDamage(damage: Damage | undefined): void {
    this.#damage = damage;
  }

  /** Resolves when nothing of it is under way any more: never, while a call of its disk hangs. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /** `work` goes on in the directory beside the log: whoever closes the member waits for it. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#chore = Promise.allSettled([work]);
    return work;
  }

  /** Makes the directory ours alone. */
  async lock(): Promise<void> {
    if (this.#isClosed) throw new CopysetError('closed', `the journal in ${this.place.disk.root} was let go`);
    const locking = this.#lock ?? this.place.disk.lock(lockName);
    this.#lock = locking;
    try {
      await locking;
    } catch (error) {
      if (this.#lock === locking) this.#lock = undefined;
      throw error;
    }
  }

  /** The same after the directory may have been replaced. */
  async lockAgain(): Promise<void> {
    await this.#unlock();
    await this.lock();
  }

  /**
   * Takes part again, as soon as `make` resolves; records that are appended meanwhile wait. Resolves with or without
   * success.
   */
  begin(make: () => Promise<OpenedJournal>): Promise<void> {
    if (this.#isClosed) return this.#settled;
    const attempt = this.#renew('opening', undefined);
    this.#settled = this.#begin(attempt, make, this.#settled);
    return this.#settled;
  }

  /** Takes no part until the next `begin`. */
  end(state: 'lagging' | 'failed' | 'missing', error?: CopysetError): void {
    this.#renew(state, error);
  }

  append(record: EncodedRecord): void {
    if (!this.isActive) return;
    const nowMs = this.#host.clock.monotonicMs();
    if (this.#queue.length === 0 && !this.#draining) this.#waitingSinceMs = nowMs;
    this.#queue.push(record);
    this.#queuedBytes += frameBytes(record);
    const isLate = this.#state === 'ok' && nowMs - this.#waitingSinceMs > this.#host.limits.syncTimeoutMs;
    if (isLate || this.#queuedBytes > this.#host.limits.maxBacklogBytes) this.end('lagging');
    else if (this.#state === 'ok' && !this.#draining) this.#settled = this.#drain(this.#attempt);
  }

  /**
   * The log goes on in a new file, while it takes what comes. Resolves when that is there, or when the member takes no
   * part any more.
   */
  async startNewLog(): Promise<void> {
    if (this.#state !== 'ok') return;
    this.#newLog ??= Promise.withResolvers();
    const { promise } = this.#newLog;
    if (!this.#draining) {
      this.#waitingSinceMs = this.#host.clock.monotonicMs();
      this.#settled = this.#drain(this.#attempt);
    }
    await promise;
  }

  /** Forgets what the snapshot at `upTo` covers. */
  async prune(upTo: number): Promise<void> {
    if (this.#opened !== undefined && this.#opened.prunedTo < upTo) await this.#forget(upTo);
  }

  /** Forgets for ever all that its own newest snapshot covers, though other journals may not have such a one. */
  async dropCovered(): Promise<void> {
    if (this.#opened === undefined) return;
    await this.#forget(this.#opened.base);
    await this.place.disk.syncDirectory('');
  }

  async #forget(upTo: number): Promise<void> {
    const [attempt, before] = [this.#attempt, this.#opened];
    if (before === undefined || this.#state !== 'ok') return;
    const removed = await removeCovered(this.place.disk, before.files, upTo);
    if (attempt !== this.#attempt) return;
    this.#update(({ files }) => ({ files: files.filter((one) => !removed.includes(one)), prunedTo: upTo }));
  }

  /** A snapshot was written here that covers so many bytes of the log. */
  tookSnapshot(base: number, snapshotBytes: number, coveredBytes: number): void {
    this.#update((opened) => ({
      base: Math.max(opened.base, base),
      snapshotBytes,
      wantsSnapshot: false,
      logBytes: Math.max(opened.logBytes - coveredBytes, 0),
    }));
  }

  tookReserve(): void {
    this.#update(() => ({ hasReserve: true }));
    this.#host.changed();
  }

  /**
   * For ever. Waits for what is under way, then lets go of file and lock. `erase`: what it holds may mislead a later
   * start.
   */
  async close({ erase = false }: { readonly erase?: boolean } = {}): Promise<void> {
    this.#isClosed = true;
    this.end('missing');
    await this.#settled;
    await this.#chore;
    await this.#closeLog();
    if (erase) await removeOthers(this.place.disk, []).catch(() => undefined); // it is overruled where that fails
    await this.#unlock();
  }

  async #unlock(): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined); // one that was not got needs no release
    this.#lock = undefined;
    await lock?.release();
  }

  #renew(state: MemberState, error: CopysetError | undefined): number {
    this.#state = state;
    this.#error = error;
    this.#synced = undefined; // of a history that may be overruled before it takes part again
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#newLogIsThere();
    this.#attempt++;
    this.#host.changed();
    return this.#attempt;
  }

  async #begin(attempt: number, make: () => Promise<OpenedJournal>, before: Promise<void>): Promise<void> {
    await before;
    if (attempt !== this.#attempt) return;
    await this.#closeLog();
    try {
      const opened = await make();
      this.#opened = opened;
      if (attempt !== this.#attempt) return;
      this.#synced = opened.log.synced;
      this.#state = 'ok';
      this.#host.changed();
    } catch (error) {
      this.#fail(attempt, error);
      await this.#giveReserve(error);
      return;
    }
    await this.#drain(attempt);
  }

  async #drain(attempt: number): Promise<void> {
    this.#draining = true;
    try {
      while (attempt === this.#attempt && this.#hasWork) await this.#writeQueued(attempt);
    } catch (error) {
      this.#fail(attempt, error);
      await this.#giveReserve(error);
    } finally {
      this.#draining = false;
    }
  }

  get #hasWork(): boolean {
    return this.#queue.length > 0 || this.#newLog !== undefined;
  }

  #newLogIsThere(): void {
    this.#newLog?.resolve();
    this.#newLog = undefined;
  }

  async #writeQueued(attempt: number): Promise<void> {
    const records = this.#queue;
    const bytes = this.#queuedBytes;
    this.#queue = [];
    await this.#write(records);
    if (attempt !== this.#attempt) return;
    this.#queuedBytes -= bytes;
    this.#waitingSinceMs = this.#host.clock.monotonicMs();
    this.#synced = present(this.#opened, 'an open journal').log.synced;
    this.#host.changed();
  }

  async #write(records: readonly EncodedRecord[]): Promise<void> {
    const opened = present(this.#opened, 'an open journal');
    const before = opened.log.bytes;
    if (before < this.#host.limits.rotateBytes && this.#newLog === undefined) {
      await opened.log.append(records);
      this.#update(({ logBytes }) => ({ logBytes: logBytes + opened.log.bytes - before }));
      return;
    }
    const start = { fileNumber: nextNumber(opened.files), after: opened.log.synced.sequence };
    const log = await this.#startNext(opened, records);
    this.#update(({ files, logBytes }) => ({ log, files: [...files, start], logBytes: logBytes + log.bytes }));
    this.#newLogIsThere();
    await opened.log.close();
  }

  #startNext({ log, files }: OpenedJournal, records: readonly EncodedRecord[]): Promise<LogWriter> {
    const { storeId } = this.#host;
    const set = this.#host.currentSet();
    return startLog({ place: this.place, storeId, fileNumber: nextNumber(files), previous: log.synced, set, records });
  }

  /** Room for the next attempt, which may be one to write that something was deleted. */
  async #giveReserve(cause: unknown): Promise<void> {
    if (!isCopysetError(cause, 'disk.full')) return;
    await dropReserve(this.place.disk).catch(() => undefined); // it is the first failure that counts
  }

  #fail(attempt: number, cause: unknown): void {
    if (attempt !== this.#attempt) return;
    const error = toCopysetError(cause);
    this.end(isCopysetError(error, 'volume.gone', 'disk.not_found') ? 'missing' : 'failed', error);
  }

  #update(change: (opened: OpenedJournal) => Partial<OpenedJournal>): void {
    if (this.#opened !== undefined) this.#opened = { ...this.#opened, ...change(this.#opened) };
  }

  async #closeLog(): Promise<void> {
    const log = this.#opened?.log;
    this.#opened = undefined;
    await log?.close().catch(() => undefined); // what it holds counts as lost already
  }
}

function nextNumber(files: readonly LogFileStart[]): number {
  return (files.at(-1)?.fileNumber ?? 0) + 1;
}

/** Why a member that should be whole is not. */
export function whyNot(member: Member): CopysetError {
  return member.error ?? new CopysetError('read_only', `the journal in ${member.place.disk.root} is ${member.state}`);
}
