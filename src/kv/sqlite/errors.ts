/**
 * Why: what SQLite and the file system below it throw becomes one of our codes in one place, so that full, damaged and
 * failing disks are told apart.
 */
import { CopysetError, type ErrorCode } from '../../base/errors.ts';

/** SQLite's result codes (https://sqlite.org/rescode.html). The low byte of an extended one is its primary one. */
const codes: Readonly<Record<number, ErrorCode>> = {
  5: 'busy', // BUSY: another connection holds the lock beyond the time-out
  6: 'busy', // LOCKED
  8: 'disk.io', // READONLY: the file or its file system does not take writes
  10: 'disk.io', // IOERR
  11: 'catalog.damaged', // CORRUPT
  13: 'disk.full', // FULL
  14: 'disk.io', // CANTOPEN
  26: 'catalog.damaged', // NOTADB
  4874: 'disk.full', // IOERR_SHMSIZE: no room for the index of the write-ahead log
};

/** Runs `work`; whatever it throws becomes an error of ours that names the file. */
export function translated<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteError(error, path);
  }
}

export function sqliteError(error: unknown, path: string): CopysetError {
  if (error instanceof CopysetError) return error;
  const result = resultCode(error);
  const code = codes[result] ?? codes[result & 0xff] ?? 'bug';
  const reason = error instanceof Error ? error.message : String(error);
  return new CopysetError(code, `${path}: ${reason}`, { cause: error });
}

/** The same for calls to the file system about the file at `path`. */
export function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    throw new CopysetError(full ? 'disk.full' : 'disk.io', `${path}: ${String(error)}`, { cause: error });
  }
}

function resultCode(error: unknown): number {
  if (!(error instanceof Error && 'errcode' in error)) return 0;
  return typeof error.errcode === 'number' ? error.errcode : 0;
}
