/**
 * Why: the embedded store: one SQLite file in WAL mode. One connection writes, one reads what was accepted, and each
 * snapshot has one of its own. It never takes a failed sync for success, nor goes on over damage: after either it
 * refuses everything until it is opened again.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { type Permit, Semaphore } from '../../base/async/semaphore.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import { ChangeWaiters } from '../change-waiters.ts';
import { CommitQueue, type CommitQueueLimits } from '../commit-queue.ts';
import { batchBytes } from '../entry-batches.ts';
import { type Evaluation, evaluate, replay } from '../evaluate.ts';
import {
  type Change,
  type Commit,
  type CommitResult,
  commonLimits,
  type Entry,
  type KvLimits,
  type KvStatus,
  type RangeQuery,
  type RangeResult,
  type Revision,
} from '../kv.ts';
import { checkChanges, checkCommit, checkKey, checkRange, checkTrim } from '../limits.ts';
import { checkReplay, refuseTrimmed } from '../log-rules.ts';
import { stagedBatch } from '../staged-batch.ts';
import type { KvSnapshot, StagedBatch, StagingKv } from '../staging.ts';
import { createCatalogFile } from './catalog-file.ts';
import type { EntryCacheLimits } from './entry-cache.ts';
import { sqliteError, translated } from './errors.ts';
import { ReadCache } from './read-cache.ts';
import { SqliteReader } from './reader.ts';
import { Reserve } from './reserve.ts';
import { ensureSchema, newestRevision, openConnection, readMeta } from './schema.ts';
import { Snapshots } from './snapshots.ts';
import { checkpointBytes, pageBytes, Transactions } from './transactions.ts';
import type { SqliteWriter } from './writer.ts';

export type SqliteKvOptions = {
  readonly path: string;
  /** For the incarnation of a new file. */
  readonly random: Random;
  /**
   * `full`: a commit is durable when it resolves. `normal` (for a store under a journal): a power cut may take the
   * newest.
   */
  readonly synchronous?: 'normal' | 'full';
  /** Kept on the disk beside the database, and given back when the disk is full. Left out: none. */
  readonly reserveBytes?: number;
  readonly limits?: KvLimits;
};

const mebibyte = 1024 * 1024;
const queueLimits: CommitQueueLimits = {
  maxQueuedCommits: 4096,
  maxQueuedBytes: 64 * mebibyte,
  maxBatchCommits: 256,
  maxBatchBytes: 4 * mebibyte,
};
const cacheLimits: EntryCacheLimits = { maxEntries: 8192, maxBytes: 8 * mebibyte };
const maxWaitingWriters = 1024;
const trimStep = 512;

/** Opens the file, or makes it. Rejects when it is damaged, foreign, of a newer format, or SQLite too old. */
export async function openSqliteKv(options: SqliteKvOptions): Promise<SqliteKv> {
  const { path, reserveBytes = 0 } = options;
  createCatalogFile(path);
  try {
    return openFile(options);
  } catch (error) {
    if (!isCopysetError(error, 'disk.full') || !new Reserve(path, reserveBytes).give()) throw error;
    return openFile(options);
  }
}

function openFile(options: SqliteKvOptions): SqliteKv {
  const { path, random, synchronous = 'normal' } = options;
  const database = openConnection(path, { readOnly: false });
  try {
    return translated(path, () => {
      ensureSchema(database, path, newId(random));
      database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 0`);
      database.exec(`PRAGMA journal_size_limit = ${8 * checkpointBytes}`);
      return new SqliteKv(database, options);
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

export class SqliteKv implements StagingKv {
  readonly limits: KvLimits;
  readonly #path: string;
  readonly #transactions: Transactions;
  readonly #reader: SqliteReader;
  readonly #cache = new ReadCache(cacheLimits);
  readonly #snapshots: Snapshots;
  readonly #failed = Promise.withResolvers<CopysetError>();
  readonly #waiters = new ChangeWaiters(0);
  readonly #turn = new Semaphore('writes to the catalog', 1, maxWaitingWriters);
  readonly #queue = new CommitQueue({
    limits: queueLimits,
    run: (commits) => this.#commitGroup(commits),
    gather: () => nextTurn(),
  });
  #status: KvStatus;
  #restoring = false;
  #closing: Promise<void> | undefined;

  constructor(database: DatabaseSync, { path, limits = commonLimits, reserveBytes = 0 }: SqliteKvOptions) {
    this.limits = limits;
    this.#path = path;
    this.#transactions = new Transactions(database, {
      path,
      reserveBytes,
      onFailure: (error) => this.#onFailure(error),
    });
    this.#reader = new SqliteReader(openConnection(path, { readOnly: true }));
    this.#snapshots = new Snapshots(path);
    if (readMeta(database).restoring) this.#transactions.run((writer) => writer.dropPartialRestore());
    const { incarnation, trimmedTo } = readMeta(database);
    this.#status = { incarnation, trimmedTo, revision: newestRevision(database) };
    this.#waiters.announce(this.#status.revision);
  }

  get isFull(): boolean {
    return this.#transactions.isFull;
  }

  get hasFailed(): boolean {
    return this.#transactions.hasFailed;
  }

  /** Resolves when the store refuses everything from now on. */
  get failed(): Promise<CopysetError> {
    return this.#failed.promise;
  }

  async get(key: Uint8Array, options: CallOptions = {}): Promise<Entry | undefined> {
    this.#admitRead(options);
    checkKey(key, this.limits);
    return this.#cache.get(key) ?? this.#transactions.read(() => this.#get(key));
  }

  async range(query: RangeQuery, options: CallOptions = {}): Promise<RangeResult> {
    this.#admitRead(options);
    checkRange(query);
    const { revision } = this.#status;
    const first = this.#cache.first(query);
    if (first !== undefined) return { ...first, revision };
    const entries = this.#transactions.read(() => this.#reader.range(query));
    const more = entries.length > query.limit;
    if (more) entries.pop();
    this.#cache.keepFirst(query, { entries, more });
    return { entries, revision, more };
  }

  async commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    this.#admit(options);
    checkCommit(commit, this.limits);
    return this.#queue.submit(commit, options);
  }

  async changes(after: Revision, limit: number, options: CallOptions = {}): Promise<readonly Change[]> {
    this.#admitRead(options);
    checkChanges(after, limit);
    refuseTrimmed(after, this.#status);
    return this.#transactions.read(() => this.#reader.changes(after, limit));
  }

  async changed(after: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    await this.#waiters.wait(after, options);
  }

  async trim(upTo: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    checkTrim(upTo, this.#status.revision);
    if (upTo <= this.#status.trimmedTo) return;
    await this.#write(options, (writer) => writer.setTrimmedTo(upTo));
    this.#status = { ...this.#status, trimmedTo: Math.max(upTo, this.#status.trimmedTo) };
    while (await this.#write(options, (writer) => writer.forget(upTo, trimStep))) await nextTurn();
  }

  /** To be called now and then: a store that is full looks whether it is so still. */
  async tend(options: CallOptions = {}): Promise<void> {
    if (!this.isFull) return;
    this.#admit(options);
    using _ = await this.#turn.acquire(1, options);
    this.#transactions.refuseFailed();
    this.#transactions.regainReserve();
  }

  async status(options: CallOptions = {}): Promise<KvStatus> {
    this.#admit(options);
    return this.#status;
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async stage(commits: readonly Commit[], options: CallOptions = {}): Promise<StagedBatch> {
    this.#admit(options);
    for (const commit of commits) checkCommit(commit, this.limits);
    return this.#stage(commits, options);
  }

  async apply(changes: readonly Change[], options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    using _ = await this.#turn.acquire(1, options);
    this.#transactions.refuseFailed();
    const fresh = checkReplay(changes, this.#status.revision);
    this.#cache.forget(fresh);
    this.#transactions.run((writer) => redo(writer, fresh), bytesOf(fresh));
    this.#announce(fresh);
  }

  async snapshot(options: CallOptions = {}): Promise<KvSnapshot> {
    this.#admitRead(options);
    return { status: this.#status, batches: this.#snapshots.take() };
  }

  async restore(snapshot: KvSnapshot, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    using _ = await this.#turn.acquire(1, options);
    this.#admit(options);
    this.#restoring = true;
    this.#cache.clear();
    try {
      await this.#fill(snapshot, options);
    } catch (error) {
      this.#dropPartialRestore();
      throw error;
    } finally {
      this.#restoring = false;
    }
    this.#waiters.announce(this.#status.revision);
  }

  async #fill({ status, batches }: KvSnapshot, { signal }: CallOptions): Promise<void> {
    this.#transactions.run((writer) => writer.beginRestore());
    this.#status = { ...this.#status, revision: 0, trimmedTo: 0 };
    for await (const batch of batches) {
      throwIfAborted(signal);
      this.#transactions.run((writer) => writer.insertEntries(batch), batchBytes);
      await nextTurn();
    }
    this.#transactions.run((writer) => writer.endRestore(status));
    this.#status = { ...status, trimmedTo: status.revision };
  }

  #dropPartialRestore(): void {
    try {
      this.#transactions.run((writer) => writer.dropPartialRestore());
    } catch (error) {
      this.#transactions.fail(sqliteError(error, this.#path)); // the next one to open it drops it
    }
  }

  async #stage(commits: readonly Commit[], options: CallOptions): Promise<StagedBatch> {
    const permit = await this.#turn.acquire(1, options);
    try {
      this.#transactions.refuseFailed();
      return this.#staged(this.#evaluate(commits), permit);
    } catch (error) {
      permit.release();
      throw error;
    }
  }

  #evaluate(commits: readonly Commit[]): Evaluation {
    return this.#transactions.begin((writer) => {
      const evaluation = evaluate(writer, commits, this.#status.revision);
      for (const change of evaluation.changes) writer.record(change);
      return evaluation;
    });
  }

  #staged(evaluation: Evaluation, permit: Permit): StagedBatch {
    const { changes } = evaluation;
    return stagedBatch(evaluation, {
      accept: async () => {
        using _ = permit;
        this.#cache.forget(changes);
        this.#transactions.commit(bytesOf(changes), (writer) => redo(writer, changes));
        this.#announce(changes);
      },
      discard: async () => {
        using _ = permit;
        this.#transactions.rollback();
      },
    });
  }

  #get(key: Uint8Array): Entry | undefined {
    const entry = this.#reader.get(key);
    if (entry !== undefined) this.#cache.keep(entry);
    return entry;
  }

  async #commitGroup(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const batch = await this.#stage(commits, {});
    await batch.accept();
    return batch.results;
  }

  /** One transaction of its own, in turn. */
  async #write<T>(options: CallOptions, work: (writer: SqliteWriter) => T): Promise<T> {
    using _ = await this.#turn.acquire(1, options);
    this.#transactions.refuseFailed();
    return this.#transactions.run(work);
  }

  #announce(changes: readonly Change[]): void {
    const newest = changes.at(-1);
    if (newest === undefined) return;
    this.#status = { ...this.#status, revision: newest.revision };
    this.#waiters.announce(newest.revision);
  }

  #onFailure(failure: CopysetError): void {
    this.#failed.resolve(failure);
    this.#waiters.close(failure);
  }

  async #finish(): Promise<void> {
    await this.#queue.idle();
    using _ = await this.#turn.acquire();
    this.#waiters.close(new CopysetError('closed', 'the store was closed'));
    this.#snapshots.close();
    this.#reader.close();
    this.#transactions.close();
  }

  #admit({ signal }: CallOptions): void {
    throwIfAborted(signal);
    if (this.#closing !== undefined) throw new CopysetError('closed', 'the store was closed');
    this.#transactions.refuseFailed();
  }

  #admitRead(options: CallOptions): void {
    this.#admit(options);
    if (this.#restoring) throw new CopysetError('busy', `${this.#path} is being restored`);
  }
}

function redo(writer: SqliteWriter, changes: readonly Change[]): void {
  replay(writer, changes);
  for (const change of changes) writer.record(change);
}

/**
 * What the changes write, roughly: each row changes a page of the entries, and each put is in the entries and in the
 * log.
 */
function bytesOf(changes: readonly Change[]): number {
  let bytes = 0;
  for (const { puts, deletes } of changes) {
    bytes += (puts.length + deletes.length) * pageBytes;
    for (const { key, value } of puts) bytes += 2 * (key.byteLength + value.byteLength);
  }
  return bytes;
}
