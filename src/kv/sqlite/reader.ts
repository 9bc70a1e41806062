/** Why: a connection of its own sees only what was accepted, while the writer's transaction is open. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Change, Entry, Put, RangeQuery, Revision } from '../kv.ts';

const columns = 'SELECT key, value, revision FROM entries';

export class SqliteReader {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #changes: StatementSync;
  readonly #ranges: Readonly<Record<'up' | 'down', { readonly open: StatementSync; readonly closed: StatementSync }>>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#get = database.prepare(`${columns} WHERE key = ?`);
    this.#changes = database.prepare(
      'SELECT revision, key, value FROM log WHERE revision > ? AND revision <= ? ORDER BY revision, place',
    );
    this.#ranges = { up: prepareRanges(database, 'ASC'), down: prepareRanges(database, 'DESC') };
  }

  get(key: Uint8Array): Entry | undefined {
    const row = this.#get.get(key);
    return row === undefined ? undefined : entryOf(row);
  }

  /** At most `limit` + 1 entries: one more tells that the limit cut it. */
  range({ from, to, limit, reverse = false }: RangeQuery): Entry[] {
    const { open, closed } = this.#ranges[reverse ? 'down' : 'up'];
    const rows = to === undefined ? open.all(from, limit + 1) : closed.all(from, to, limit + 1);
    return rows.map(entryOf);
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
  for (const row of database.prepare(`${columns} ORDER BY key`).iterate()) yield entryOf(row);
}

function prepareRanges(database: DatabaseSync, order: 'ASC' | 'DESC') {
  return {
    open: database.prepare(`${columns} WHERE key >= ? ORDER BY key ${order} LIMIT ?`),
    closed: database.prepare(`${columns} WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`),
  };
}

function entryOf(row: Record<string, unknown>): Entry {
  return { key: row.key as Uint8Array, value: row.value as Uint8Array, revision: row.revision as number };
}
