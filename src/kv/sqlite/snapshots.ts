/**
 * Why: each snapshot reads through a connection of its own, which lasts until its last batch, or until the store
 * closes.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CopysetError } from '../../base/errors.ts';
import { entryBatches } from '../entry-batches.ts';
import type { Entry } from '../kv.ts';
import { sqliteError, translated } from './errors.ts';
import { allEntries } from './reader.ts';
import { newestRevision, openConnection } from './schema.ts';

export class Snapshots {
  readonly #path: string;
  readonly #open = new Set<DatabaseSync>();

  constructor(path: string) {
    this.#path = path;
  }

  /** All entries as of now. */
  take(): AsyncGenerator<readonly Entry[]> {
    const database = openConnection(this.#path, { readOnly: true });
    this.#open.add(database);
    translated(this.#path, () => {
      database.exec('BEGIN');
      newestRevision(database); // the first read is what pins the moment
    });
    return this.#batchesOf(database);
  }

  close(): void {
    for (const database of this.#open) database.close();
    this.#open.clear();
  }

  async *#batchesOf(database: DatabaseSync): AsyncGenerator<readonly Entry[]> {
    try {
      for (const batch of entryBatches(allEntries(database))) {
        yield batch;
        await nextTurn();
        if (!this.#open.has(database)) throw new CopysetError('closed', 'the store was closed');
      }
    } catch (error) {
      throw sqliteError(error, this.#path);
    } finally {
      if (this.#open.delete(database)) database.close();
    }
  }
}
