/**
 * Why: above, a volume fails in the few ways that volume.ts names, whatever lies below. A prefix that cannot be reached
 * or used is gone, as a path that leads nowhere; what passes or is ours goes through as it is.
 */
import { CopysetError, type ErrorCode, toCopysetError } from '../../base/errors.ts';

const asCode: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  not_serving: 'volume.gone',
  'access.denied': 'volume.gone',
  not_found: 'volume.gone',
};

/** Cut connections end in `timeout`: whether the endpoint did it is not known. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'disk.full',
  'busy',
  'timeout',
  'request.aborted',
  'block.missing',
  'volume.gone',
  'volume.locked',
  'volume.foreign',
  'format.damaged',
  'format.unknown_version',
  'not_empty',
  'bug',
]);

/** `where` names the volume. */
export function volumeError(thrown: unknown, where: string): CopysetError {
  const error = toCopysetError(thrown);
  if (passing.has(error.code)) return error;
  const code = error.code === 'closed' ? 'timeout' : (asCode[error.code] ?? 'disk.io');
  return new CopysetError(code, `${where}: ${error.message}`, { cause: error, details: error.details });
}
