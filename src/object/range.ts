/** Why: a requested range becomes [from, to) of an object of known size, or is refused (RFC 9110, section 14.1.2). */
import { CopysetError } from '../base/errors.ts';
import type { RangeRequest } from './store.ts';

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
