/** Why: a connection of its own sees only what was accepted, while the writer's transaction is open. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Change, Entry, Put, RangeQuery, Revision } from '../kv.ts';
import { Ranges } from './ranges.ts';

export class SqliteReader {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #changes: StatementSync;
  readonly #ranges: Ranges;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#get = database.prepare('SELECT value, revision FROM entries WHERE key = ?');
    this.#get.setReturnArrays(true);
    this.#changes = database.prepare(
      'SELECT revision, key, value FROM log WHERE revision > ? AND revision <= ? ORDER BY revision, place',
    );
    this.#ranges = new Ranges(database);
  }

  get(key: Uint8Array): Entry | undefined {
    const row = this.#get.get(key) as unknown as readonly [Uint8Array, Revision] | undefined;
    return row === undefined ? undefined : { key: key.slice(), value: row[0], revision: row[1] };
  }

  /** At most `limit` + 1 entries: one more tells that the limit cut it. */
  range(query: RangeQuery): Entry[] {
    return this.#ranges.read(query);
  }

  /** Revisions are dense, so a number of changes is a span of revisions. */
  changes(after: Revision, limit: number): Change[] {
    const changes: { revision: Revision; puts: Put[]; deletes: Uint8Array[] }[] = [];
    for (const row of this.#changes.iterate(after, after + limit)) {
      const revision = row.revision as number;
      if (changes.at(-1)?.revision !== revision) changes.push({ revision, puts: [], deletes: [] });
      const key = row.key as Uint8Array;
      if (row.value === null) changes.at(-1)?.deletes.push(key);
      else changes.at(-1)?.puts.push({ key, value: row.value as Uint8Array });
    }
    return changes;
  }

  close(): void {
    this.#database.close();
  }
}

/** Every entry in key order, read as it is asked for. */
export function* allEntries(database: DatabaseSync): Generator<Entry> {
  for (const row of database.prepare('SELECT key, value, revision FROM entries ORDER BY key').iterate()) {
    yield { key: row.key as Uint8Array, value: row.value as Uint8Array, revision: row.revision as Revision };
  }
}
