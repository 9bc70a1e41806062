/**
 * Why: the one connection that writes: a transaction is the staged batch, and nobody else sees it before its COMMIT.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { MutableState } from '../evaluate.ts';
import type { Change, Entry, KvStatus, Put, Revision } from '../kv.ts';

export class SqliteWriter implements MutableState {
  readonly #database: DatabaseSync;
  readonly #value: StatementSync;
  readonly #anyIn: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #log: StatementSync;
  readonly #meta: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#value = database.prepare('SELECT value FROM entries WHERE key = ?');
    this.#anyIn = database.prepare('SELECT 1 FROM entries WHERE key >= ? AND key < ? LIMIT 1');
    this.#put = database.prepare('REPLACE INTO entries (key, value, revision) VALUES (?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ?');
    this.#log = database.prepare('INSERT INTO log (revision, place, key, value) VALUES (?, ?, ?, ?)');
    this.#meta = database.prepare('UPDATE meta SET value = ? WHERE name = ?');
  }

  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.#database.exec('COMMIT');
  }

  /** Also when SQLite already rolled back by itself, as it does after some errors. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  /** Moves what it can from the write-ahead log to its place, synced, without waiting for readers. */
  checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Moves free pages to the end of the file, at most so many, and lets go of them. */
  vacuum(pages: number): void {
    this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
  }

  value(key: Uint8Array): Uint8Array | undefined {
    return this.#value.get(key)?.value as Uint8Array | undefined;
  }

  holdsAny(from: Uint8Array, to: Uint8Array): boolean {
    return this.#anyIn.get(from, to) !== undefined;
  }

  put({ key, value }: Put, revision: Revision): void {
    this.#put.run(key, value, revision);
  }

  delete(key: Uint8Array): boolean {
    return this.#delete.run(key).changes === 1;
  }

  /** Puts first, then deletes, in the order of the commit. */
  record({ revision, puts, deletes }: Change): void {
    for (const [place, { key, value }] of puts.entries()) this.#log.run(revision, place, key, value);
    for (const [place, key] of deletes.entries()) this.#log.run(revision, puts.length + place, key, null);
  }

  insertEntries(entries: readonly Entry[]): void {
    for (const { key, value, revision } of entries) this.#put.run(key, value, revision);
  }

  setTrimmedTo(revision: Revision): void {
    this.#meta.run(revision, 'trimmed_to');
  }

  /** Forgets at most `steps` revisions of the log up to `upTo`; false when none is left. */
  forget(upTo: Revision, steps: number): boolean {
    const oldest = this.#database.prepare('SELECT min(revision) AS revision FROM log').get()?.revision ?? null;
    if (oldest === null || Number(oldest) > upTo) return false;
    this.#database.prepare('DELETE FROM log WHERE revision <= ?').run(Math.min(upTo, Number(oldest) + steps - 1));
    return true;
  }

  /** Everything goes, and the file says that what follows is a part until `endRestore`. */
  beginRestore(): void {
    this.#database.exec('DELETE FROM entries; DELETE FROM log');
    this.setTrimmedTo(0);
    this.#meta.run(1, 'restoring');
  }

  endRestore({ revision, incarnation }: KvStatus): void {
    this.setTrimmedTo(revision);
    this.#meta.run(incarnation, 'incarnation');
    this.#meta.run(0, 'restoring');
  }

  /** What a restore cut short left is no store: back to revision 0. */
  dropPartialRestore(): void {
    this.beginRestore();
    this.#meta.run(0, 'restoring');
  }

  close(): void {
    this.#database.close();
  }
}
