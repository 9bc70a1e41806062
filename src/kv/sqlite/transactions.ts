/**
 * Why: every write to the file is a transaction, and what becomes of one that fails is decided here. A full disk leaves
 * nothing of it, and is helped out by the reserve. After any other failure nobody knows what the file will say, so
 * nothing is read or written any more until it is opened again, or made anew.
 */
import type { DatabaseSync } from 'node:sqlite';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { checkCatalogFile, identifyCatalogFile } from './catalog-file.ts';
import { sqliteError, translated } from './errors.ts';
import { Reserve } from './reserve.ts';
import { SqliteWriter } from './writer.ts';

export type TransactionOptions = {
  readonly path: string;
  readonly reserveBytes: number;
  /** Told once. */
  readonly onFailure: (failure: CopysetError) => void;
};

/** About as many pages as SQLite lets the write-ahead log grow to by itself. */
export const checkpointBytes = 4 * 1024 * 1024;
export const pageBytes = 4096;
/** Of pages that a transaction changes besides those of its rows. */
const overheadBytes = 4 * pageBytes;
/** Free pages handed back to a full disk at one time. */
const vacuumPages = 256;

export class Transactions {
  readonly #path: string;
  readonly #writer: SqliteWriter;
  readonly #opened: readonly string[];
  readonly #reserve: Reserve;
  readonly #onFailure: TransactionOptions['onFailure'];
  #uncheckpointedBytes = 0;
  #failure: CopysetError | undefined;

  constructor(database: DatabaseSync, { path, reserveBytes, onFailure }: TransactionOptions) {
    this.#path = path;
    this.#writer = new SqliteWriter(database);
    this.#opened = identifyCatalogFile(path);
    this.#reserve = new Reserve(path, reserveBytes);
    this.#reserve.take();
    this.#onFailure = onFailure;
  }

  get isFull(): boolean {
    return this.#reserve.isMissing;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Begins one and does a part of it; `commit` or `rollback` ends it, unless this throws. */
  begin<T>(work: (writer: SqliteWriter) => T): T {
    return this.#onReserve(() => this.#begin(work));
  }

  /** `bytes`: what it wrote. `again`: does all of it once more, after there was no room. */
  commit(bytes: number, again: (writer: SqliteWriter) => void): void {
    this.#onReserve(
      () => this.#commit(bytes),
      () => this.run(again, bytes),
    );
  }

  rollback(): void {
    translated(this.#path, () => this.#writer.rollback());
  }

  /** A whole one. */
  run<T>(work: (writer: SqliteWriter) => T, bytes = 0): T {
    return this.#onReserve(() => {
      const result = this.#begin(work);
      this.#commit(bytes);
      return result;
    });
  }

  /** Runs what reads. What cannot be read will not be read better later. */
  read<T>(work: () => T): T {
    try {
      return translated(this.#path, work);
    } catch (error) {
      if (isCopysetError(error, 'catalog.damaged', 'disk.io')) this.fail(error);
      throw error;
    }
  }

  /** Gives the disk what deletes made free, and takes the reserve again once there is room. */
  regainReserve(): void {
    try {
      this.run((writer) => writer.vacuum(vacuumPages));
      this.#checkpoint();
      this.#reserve.take();
    } catch (error) {
      if (!isCopysetError(error, 'disk.full')) throw error; // it is full still
    }
  }

  fail(failure: CopysetError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#onFailure(failure);
  }

  /** A file that failed may fail its last sync too, which is no news. */
  close(): void {
    try {
      translated(this.#path, () => this.#writer.close());
    } catch (error) {
      if (!this.hasFailed) throw error;
    }
  }

  #begin<T>(work: (writer: SqliteWriter) => T): T {
    return this.#orRollback(() => {
      this.#writer.begin();
      return work(this.#writer);
    });
  }

  /** A COMMIT that ran out of room left nothing. After any other failure what the file will say is unknown. */
  #commit(bytes: number): void {
    this.#orRollback(() => checkCatalogFile(this.#path, this.#opened));
    try {
      this.#orRollback(() => this.#writer.commit());
    } catch (error) {
      if (isCopysetError(error, 'disk.full', 'busy')) throw error;
      this.fail(sqliteError(error, this.#path));
      throw new CopysetError('kv.unknown_outcome', `${this.#path}: a commit failed`, { cause: error });
    }
    this.#uncheckpointedBytes += bytes + overheadBytes;
    if (this.#uncheckpointedBytes >= checkpointBytes) this.#checkpoint();
  }

  #orRollback<T>(work: () => T): T {
    try {
      return this.read(work);
    } catch (error) {
      this.#writer.rollback();
      throw error;
    }
  }

  /** What finds the disk full left nothing: it is done once more, on the room of the reserve. */
  #onReserve<T>(first: () => T, again: () => T = first): T {
    try {
      return first();
    } catch (error) {
      if (!isCopysetError(error, 'disk.full') || !this.#reserve.give()) throw error;
      this.#checkpoint();
      return again();
    }
  }

  /**
   * What was committed stays so whatever happens here: a full disk is tried again later, a failed one ends the service.
   */
  #checkpoint(): void {
    try {
      this.#onReserve(() => translated(this.#path, () => this.#writer.checkpoint()));
      this.#uncheckpointedBytes = 0;
    } catch (error) {
      if (!isCopysetError(error, 'disk.full', 'busy')) this.fail(sqliteError(error, this.#path));
    }
  }
}
