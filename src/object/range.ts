/** Why: a requested range becomes [from, to) of an object of known size, or is refused (RFC 9110, section 14.1.2). */
import { CopysetError } from '../base/errors.ts';
import type { RangeRequest, ReadRange } from './store.ts';

export function resolveRange(
  range: RangeRequest | undefined,
  bytes: number,
): { readonly from: number; readonly to: number } {
  if (range === undefined) return { from: 0, to: bytes };
  const from = range.kind === 'from' ? range.first : Math.max(bytes - range.bytes, 0);
  const to = range.kind === 'from' && range.last !== undefined ? Math.min(range.last + 1, bytes) : bytes;
  if (from < to) return { from, to };
  throw new CopysetError('request.invalid', `the range lies outside of the object's ${bytes} bytes`, {
    details: { what: 'range', bytes },
  });
}

type Sized = { readonly bytes: number; readonly partBytes: readonly number[] };

/** As `resolveRange`, of an object with its parts. */
export function resolveReadRange(
  range: ReadRange | undefined,
  { bytes, partBytes }: Sized,
): { readonly from: number; readonly to: number } {
  if (range?.kind !== 'part') return resolveRange(range, bytes);
  const sizes = partBytes.length === 0 ? [bytes] : partBytes;
  const size = sizes[range.number - 1];
  if (size === undefined) {
    throw new CopysetError('request.invalid', `the object has no part ${range.number}`, { details: { what: 'part' } });
  }
  const from = sizes.slice(0, range.number - 1).reduce((sum, each) => sum + each, 0);
  return { from, to: from + size };
}
