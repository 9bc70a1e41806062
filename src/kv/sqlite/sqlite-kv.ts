/**
 * Why: the embedded store: one SQLite file in WAL mode. One connection writes, one reads what was accepted, and each
 * snapshot has one of its own. It never takes a failed sync for success: after one it refuses everything until it is
 * opened again.
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
import { batchBytes, entryBatches } from '../entry-batches.ts';
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
import { checkCatalogFile, createCatalogFile, identifyCatalogFile } from './catalog-file.ts';
import { sqliteError, translated } from './errors.ts';
import { allEntries, SqliteReader } from './reader.ts';
import { ensureSchema, newestRevision, openConnection, readMeta } from './schema.ts';
import { SqliteWriter } from './writer.ts';

export type SqliteKvOptions = {
  readonly path: string;
  /** For the incarnation of a new file. */
  readonly random: Random;
  /**
   * `full`: a commit is durable when it resolves. `normal` (for a store under a journal): a power cut may take the
   * newest.
   */
  readonly synchronous?: 'normal' | 'full';
  readonly limits?: KvLimits;
};

const mebibyte = 1024 * 1024;
const queueLimits: CommitQueueLimits = {
  maxQueuedCommits: 4096,
  maxQueuedBytes: 64 * mebibyte,
  maxBatchCommits: 256,
  maxBatchBytes: 4 * mebibyte,
};
const maxWaitingWriters = 1024;
/** About as many pages as SQLite lets the write-ahead log grow to by itself. */
const checkpointBytes = 4 * mebibyte;
/** Of the pages that a transaction touches besides its own bytes. */
const commitOverheadBytes = 4 * 1024;
const trimStep = 512;

/** Opens the file, or makes it. Rejects when it is damaged, foreign, of a newer format, or SQLite too old. */
export async function openSqliteKv(options: SqliteKvOptions): Promise<SqliteKv> {
  const { path, random, synchronous = 'normal' } = options;
  createCatalogFile(path);
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
  readonly #writer: SqliteWriter;
  readonly #reader: SqliteReader;
  readonly #opened: readonly string[];
  readonly #snapshots = new Set<DatabaseSync>();
  readonly #waiters: ChangeWaiters;
  readonly #turn = new Semaphore('writes to the catalog', 1, maxWaitingWriters);
  readonly #queue = new CommitQueue({
    limits: queueLimits,
    run: (commits) => this.#commitGroup(commits),
    gather: () => nextTurn(),
  });
  #status: KvStatus;
  #uncheckpointedBytes = 0;
  #restoring = false;
  #failure: CopysetError | undefined;
  #closing: Promise<void> | undefined;

  constructor(database: DatabaseSync, { path, limits = commonLimits }: SqliteKvOptions) {
    this.limits = limits;
    this.#path = path;
    this.#writer = new SqliteWriter(database);
    this.#reader = new SqliteReader(openConnection(path, { readOnly: true }));
    this.#opened = identifyCatalogFile(path);
    if (readMeta(database).restoring) this.#inTransaction(() => this.#writer.dropPartialRestore());
    const { incarnation, trimmedTo } = readMeta(database);
    this.#status = { incarnation, trimmedTo, revision: newestRevision(database) };
    this.#waiters = new ChangeWaiters(this.#status.revision);
  }

  async get(key: Uint8Array, options: CallOptions = {}): Promise<Entry | undefined> {
    this.#admitRead(options);
    checkKey(key, this.limits);
    return translated(this.#path, () => this.#reader.get(key));
  }

  async range(query: RangeQuery, options: CallOptions = {}): Promise<RangeResult> {
    this.#admitRead(options);
    checkRange(query);
    const found = translated(this.#path, () => this.#reader.range(query));
    const entries = found.slice(0, query.limit);
    return { entries, revision: this.#status.revision, more: found.length > query.limit };
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
    return translated(this.#path, () => this.#reader.changes(after, limit));
  }

  async changed(after: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    await this.#waiters.wait(after, options);
  }

  async trim(upTo: Revision, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    checkTrim(upTo, this.#status.revision);
    if (upTo <= this.#status.trimmedTo) return;
    await this.#write(options, () => this.#writer.setTrimmedTo(upTo));
    this.#status = { ...this.#status, trimmedTo: Math.max(upTo, this.#status.trimmedTo) };
    while (await this.#write(options, () => this.#writer.forget(upTo, trimStep))) await nextTurn();
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
    this.#refuseFailed();
    const fresh = checkReplay(changes, this.#status.revision);
    this.#inTransaction(() => {
      replay(this.#writer, fresh);
      for (const change of fresh) this.#writer.record(change);
    }, bytesOf(fresh));
    this.#announce(fresh);
  }

  async snapshot(options: CallOptions = {}): Promise<KvSnapshot> {
    this.#admitRead(options);
    const database = openConnection(this.#path, { readOnly: true });
    this.#snapshots.add(database);
    translated(this.#path, () => {
      database.exec('BEGIN');
      newestRevision(database); // the first read is what pins the moment
    });
    return { status: this.#status, batches: this.#batchesOf(database) };
  }

  async restore(snapshot: KvSnapshot, options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    using _ = await this.#turn.acquire(1, options);
    this.#admit(options);
    this.#restoring = true;
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
    this.#inTransaction(() => this.#writer.beginRestore());
    this.#status = { ...this.#status, revision: 0, trimmedTo: 0 };
    for await (const batch of batches) {
      throwIfAborted(signal);
      this.#inTransaction(() => this.#writer.insertEntries(batch), batchBytes);
      await nextTurn();
    }
    this.#inTransaction(() => this.#writer.endRestore(status));
    this.#status = { ...status, trimmedTo: status.revision };
  }

  #dropPartialRestore(): void {
    try {
      this.#inTransaction(() => this.#writer.dropPartialRestore());
    } catch (error) {
      this.#fail(sqliteError(error, this.#path)); // the next one to open it drops it
    }
  }

  async #stage(commits: readonly Commit[], options: CallOptions): Promise<StagedBatch> {
    const permit = await this.#turn.acquire(1, options);
    try {
      this.#refuseFailed();
      return this.#staged(this.#evaluate(commits), permit);
    } catch (error) {
      permit.release();
      throw error;
    }
  }

  #evaluate(commits: readonly Commit[]): Evaluation {
    return this.#orRollback(() => {
      this.#writer.begin();
      const evaluation = evaluate(this.#writer, commits, this.#status.revision);
      for (const change of evaluation.changes) this.#writer.record(change);
      return evaluation;
    });
  }

  #staged(evaluation: Evaluation, permit: Permit): StagedBatch {
    return stagedBatch(evaluation, {
      accept: async () => {
        using _ = permit;
        this.#commitTransaction(bytesOf(evaluation.changes));
        this.#announce(evaluation.changes);
      },
      discard: async () => {
        using _ = permit;
        translated(this.#path, () => this.#writer.rollback());
      },
    });
  }

  async #commitGroup(commits: readonly Commit[]): Promise<readonly CommitResult[]> {
    const batch = await this.#stage(commits, {});
    await batch.accept();
    return batch.results;
  }

  /** One transaction of its own, in turn. */
  async #write<T>(options: CallOptions, work: () => T): Promise<T> {
    using _ = await this.#turn.acquire(1, options);
    this.#refuseFailed();
    return this.#inTransaction(work);
  }

  #inTransaction<T>(work: () => T, bytes = 0): T {
    const result = this.#orRollback(() => {
      this.#writer.begin();
      return work();
    });
    this.#commitTransaction(bytes);
    return result;
  }

  #orRollback<T>(work: () => T): T {
    try {
      return translated(this.#path, work);
    } catch (error) {
      this.#writer.rollback();
      if (isCopysetError(error, 'catalog.damaged')) this.#fail(error);
      throw error;
    }
  }

  /** A COMMIT that ran out of room left nothing. After any other failure what the file will say is unknown. */
  #commitTransaction(bytes: number): void {
    this.#orRollback(() => checkCatalogFile(this.#path, this.#opened));
    try {
      this.#orRollback(() => this.#writer.commit());
    } catch (error) {
      if (isCopysetError(error, 'disk.full', 'busy')) throw error;
      this.#fail(sqliteError(error, this.#path));
      throw new CopysetError('kv.unknown_outcome', `${this.#path}: a commit failed`, { cause: error });
    }
    this.#uncheckpointedBytes += bytes + commitOverheadBytes;
    if (this.#uncheckpointedBytes >= checkpointBytes) this.#checkpoint();
  }

  #announce(changes: readonly Change[]): void {
    const newest = changes.at(-1);
    if (newest === undefined) return;
    this.#status = { ...this.#status, revision: newest.revision };
    this.#waiters.announce(newest.revision);
  }

  /**
   * What was committed stays so whatever happens here: a full disk is tried again later, a failed one ends the service.
   */
  #checkpoint(): void {
    try {
      translated(this.#path, () => this.#writer.checkpoint());
      this.#uncheckpointedBytes = 0;
    } catch (error) {
      if (!isCopysetError(error, 'disk.full', 'busy')) this.#fail(sqliteError(error, this.#path));
    }
  }

  #fail(failure: CopysetError): void {
    this.#failure = failure;
    this.#waiters.close(failure);
  }

  async *#batchesOf(database: DatabaseSync): AsyncGenerator<readonly Entry[]> {
    try {
      for (const batch of entryBatches(allEntries(database))) {
        yield batch;
        await nextTurn();
        if (!this.#snapshots.has(database)) throw new CopysetError('closed', 'the store was closed');
      }
    } catch (error) {
      throw sqliteError(error, this.#path);
    } finally {
      if (this.#snapshots.delete(database)) database.close();
    }
  }

  async #finish(): Promise<void> {
    await this.#queue.idle();
    using _ = await this.#turn.acquire();
    this.#waiters.close(new CopysetError('closed', 'the store was closed'));
    for (const database of this.#snapshots) database.close();
    this.#snapshots.clear();
    this.#reader.close();
    translated(this.#path, () => this.#writer.close());
  }

  #admit({ signal }: CallOptions): void {
    throwIfAborted(signal);
    if (this.#closing !== undefined) throw new CopysetError('closed', 'the store was closed');
    this.#refuseFailed();
  }

  #admitRead(options: CallOptions): void {
    this.#admit(options);
    if (this.#restoring) throw new CopysetError('busy', `${this.#path} is being restored`);
  }

  #refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** What the changes add to the write-ahead log, roughly: each put is in the entries and in the log. */
function bytesOf(changes: readonly Change[]): number {
  const puts = changes.flatMap((change) => change.puts);
  return puts.reduce((sum, { key, value }) => sum + 2 * (key.byteLength + value.byteLength), 0);
}
