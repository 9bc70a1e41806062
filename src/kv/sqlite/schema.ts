/**
 * Why: the tables of the catalog file, their version, and what is checked before any of it is used.
 * docs/formats/catalog-sqlite.md describes every column and the history of the format.
 */
import { DatabaseSync } from 'node:sqlite';
import { CopysetError } from '../../base/errors.ts';
import { translated } from './errors.ts';

/** Frozen: "CPST", in the header of every catalog file. */
const applicationId = 0x43505354;
export const formatVersion = 1;

const tables = `
  CREATE TABLE entries (
    key BLOB NOT NULL PRIMARY KEY,
    value BLOB NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    revision INTEGER NOT NULL,
    place INTEGER NOT NULL,
    key BLOB NOT NULL,
    value BLOB,
    PRIMARY KEY (revision, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export type Meta = {
  readonly incarnation: string;
  readonly trimmedTo: number;
  /** A restore began and did not end: what the tables hold is a part. */
  readonly restoring: boolean;
};

const busyTimeoutMs = 2_000;

export function openConnection(path: string, options: { readOnly: boolean }): DatabaseSync {
  return translated(path, () => {
    const database = new DatabaseSync(path, { readOnly: options.readOnly, timeout: busyTimeoutMs });
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;');
    return database;
  });
}

/** Makes the tables in an empty file; refuses files that are not ours, or of a newer format. */
export function ensureSchema(database: DatabaseSync, path: string, incarnation: string): void {
  refuseOldSqlite(String(scalar(database, 'SELECT sqlite_version()')));
  const owner = scalar(database, 'PRAGMA application_id');
  if (owner === 0 && scalar(database, 'SELECT count(*) FROM sqlite_schema') === 0) create(database, incarnation);
  else if (owner !== applicationId) throw new CopysetError('volume.foreign', `${path} is not the catalog of a store`);
  const version = Number(metaValue(database, 'format'));
  if (version > formatVersion) {
    throw new CopysetError(
      'format.unknown_version',
      `${path} has format ${version}, this program knows ${formatVersion}`,
    );
  }
}

/**
 * Older ones can damage a file in WAL mode: two connections that write or checkpoint at the same moment
 * (sqlite.org/wal.html).
 */
export function refuseOldSqlite(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1e6 + minor * 1e3 + patch >= 3_051_003) return;
  throw new CopysetError(
    'unsupported',
    `SQLite ${version} can damage the catalog; 3.51.3 or newer is needed: update Node`,
  );
}

export function readMeta(database: DatabaseSync): Meta {
  return {
    incarnation: String(metaValue(database, 'incarnation')),
    trimmedTo: Number(metaValue(database, 'trimmed_to')),
    restoring: Number(metaValue(database, 'restoring')) === 1,
  };
}

/** Of the newest commit: the last of the log, or where it was cut when nothing is left of it. */
export function newestRevision(database: DatabaseSync): number {
  const trimmedTo = Number(metaValue(database, 'trimmed_to'));
  return Math.max(trimmedTo, Number(scalar(database, 'SELECT max(revision) FROM log') ?? 0));
}

function create(database: DatabaseSync, incarnation: string): void {
  database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  database.exec(tables);
  const insert = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  insert.run('format', formatVersion);
  insert.run('incarnation', incarnation);
  insert.run('trimmed_to', 0);
  insert.run('restoring', 0);
  database.exec(`PRAGMA application_id = ${applicationId}; COMMIT`);
}

function metaValue(database: DatabaseSync, name: string): unknown {
  const row = database.prepare('SELECT value FROM meta WHERE name = ?').get(name);
  if (row === undefined) throw new CopysetError('catalog.damaged', `the catalog's meta table has no ${name}`);
  return row.value;
}

export function scalar(database: DatabaseSync, sql: string): unknown {
  return Object.values(database.prepare(sql).get() ?? {})[0];
}
