/** Why: one place turns what the kernel answers into codes that tell the caller what to do. */
import { CopysetError, type ErrorCode, isCopysetError } from '../../base/errors.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk.full',
  EDQUOT: 'disk.full',
  ENOENT: 'disk.not_found',
  ENOTDIR: 'disk.not_found',
  EEXIST: 'disk.exists',
};

/** The `errno` name of what a system call threw, such as ENOSPC; empty when it was something else. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : '';
}

/** Settles as `work` does, its failure as a CopysetError that names `what` was done. */
export async function mapErrors<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw diskError(what, error);
  }
}

function diskError(what: string, error: unknown): CopysetError {
  if (isCopysetError(error)) return error;
  const errno = errnoOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new CopysetError(codes[errno] ?? 'disk.io', `${what}: ${reason}`, { cause: error, details: { errno } });
}
