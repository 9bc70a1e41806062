/**
 * Why: one process per directory, by a lock that the kernel holds, without native code. SQLite takes a POSIX lock on
 * its file in an open exclusive transaction; the kernel drops it when the process ends, however it ends. Within one
 * process SQLite itself keeps its connections apart. A process that closes any descriptor of that file loses the
 * lock, hence the file of a lock is never opened through the disk.
 */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CopysetError } from '../../base/errors.ts';
import type { DiskLock } from '../disk.ts';

const sqliteBusy = 5;

/** Takes the lock at once, or throws `volume.locked`. */
export function lockFile(path: string): DiskLock {
  const database = openDatabase(path);
  try {
    chmodSync(path, 0o600);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw lockError(path, error);
  }
  return { release: async () => (database.isOpen ? database.close() : undefined) };
}

function openDatabase(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw lockError(path, error);
  }
}

function lockError(path: string, cause: unknown): CopysetError {
  if (isBusy(cause)) return new CopysetError('volume.locked', `${path} is locked`, { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CopysetError('disk.io', `lock ${path}: ${reason}`, { cause });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
