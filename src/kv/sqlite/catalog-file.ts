/** Why: a catalog file that was deleted or replaced while it is open takes writes that nobody will ever find again. */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CopysetError } from '../../base/errors.ts';
import { onDisk, translated } from './errors.ts';
import { openConnection } from './schema.ts';

/**
 * Makes an empty file, mode 0600, durable by name. One that is there is not even opened: to close it would drop the
 * locks that SQLite holds on it in this process. SQLite's own files beside it inherit the mode.
 */
export function createCatalogFile(path: string): void {
  if (identify(path) !== '') return;
  onDisk(path, () => {
    closeSync(openSync(path, 'a', 0o600));
    const directory = openSync(dirname(path), 'r');
    fsyncSync(directory);
    closeSync(directory);
  });
}

/** Which files are behind the paths of the database and of its write-ahead log now; '' for one that is missing. */
export function identifyCatalogFile(path: string): readonly string[] {
  return [path, `${path}-wal`].map(identify);
}

/** Rejects with `catalog.damaged` when the paths no longer lead to the files that were opened. */
export function checkCatalogFile(path: string, opened: readonly string[]): void {
  const now = identifyCatalogFile(path);
  if (now.every((identity, index) => identity === opened[index])) return;
  throw new CopysetError('catalog.damaged', `${path} was deleted or replaced while it was open`);
}

/** Reads the whole file; the first problem rejects with `catalog.damaged`. May run beside a server that has it open. */
export async function quickCheck(path: string): Promise<void> {
  const database = openConnection(path, { readOnly: true });
  try {
    const problems = translated(path, () => database.prepare('PRAGMA quick_check(1)').all());
    const problem = String(Object.values(problems[0] ?? {})[0]);
    if (problem !== 'ok') throw new CopysetError('catalog.damaged', `${path}: ${problem}`);
  } finally {
    database.close();
  }
}

function identify(path: string): string {
  const found = onDisk(path, () => statSync(path, { throwIfNoEntry: false }));
  return found === undefined ? '' : `${found.dev}:${found.ino}`;
}
