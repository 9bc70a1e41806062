/**
 * Why: the catalog's database may be lost or damaged at any time: its journals have everything. Then an empty one is
 * opened.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCopysetError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { openSqliteKv, type SqliteKv } from '../../kv/sqlite/sqlite-kv.ts';
import type { Log } from '../../observe/log.ts';

export type DatabaseOptions = { readonly folder: string; readonly random: Random; readonly log: Log };

const databaseName = 'catalog.sqlite';
const reserveBytes = 8 * 1024 * 1024;

export function databasePath(folder: string): string {
  return join(folder, databaseName);
}

export async function openDatabase({ folder, random, log }: DatabaseOptions): Promise<SqliteKv> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = databasePath(folder);
  try {
    return await openSqliteKv({ path, random, reserveBytes });
  } catch (error) {
    if (!isCopysetError(error, 'catalog.damaged')) throw error;
    log.warn('the database of the catalog is damaged; it is made anew from the journals', { path, error });
    await setDatabaseAside(folder);
    return openSqliteKv({ path, random, reserveBytes });
  }
}

/** A database that cannot be trusted is kept for whoever wants to look at it, until the next one. */
export async function setDatabaseAside(folder: string): Promise<void> {
  const path = databasePath(folder);
  await rename(path, `${path}.damaged`).catch(expectMissing);
  await removeDatabase(folder);
}

/** Together with what SQLite keeps beside it. */
export async function removeDatabase(folder: string): Promise<void> {
  const path = databasePath(folder);
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${path}${suffix}`, { force: true });
}

/** It may be that it was deleted. */
function expectMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
