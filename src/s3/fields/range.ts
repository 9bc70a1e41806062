/** Why: one range of bytes per request; more than one is named as not supported, a malformed one is refused. */
import type { RangeRequest } from '../../object/store.ts';
import { s3Error } from '../errors.ts';

/** The range of a Range header; undefined when there is none, or in another unit (RFC 9110: to be ignored). */
export function parseRange(header: string | undefined): RangeRequest | undefined {
  if (header === undefined || !/^bytes\s*=/i.test(header)) return undefined;
  const spec = header.slice(header.indexOf('=') + 1).trim();
  if (spec.includes(',')) throw s3Error('NotImplemented', 'More than one range in a request is not supported');
  const match = /^(\d{0,15})-(\d{0,15})$/.exec(spec);
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) throw s3Error('InvalidRange', 'The Range header is malformed');
  if (first === '') return { kind: 'suffix', bytes: Number(last) };
  if (last !== '' && Number(last) < Number(first)) throw s3Error('InvalidRange', 'The range ends before it begins');
  return { kind: 'from', first: Number(first), last: last === '' ? undefined : Number(last) };
}

export function contentRange(range: { readonly from: number; readonly to: number }, of: number): string {
  return `bytes ${range.from}-${range.to - 1}/${of}`;
}
