/** Why: numbers, encodings and ids in queries are checked in one way, and a wrong one is named. */
import { parseId, type UploadId } from '../../base/ids.ts';
import type { UploadPath } from '../../object/store.ts';
import { uriEncode } from '../../sigv4/uri.ts';
import { s3Error } from '../errors.ts';
import type { Call } from '../operation.ts';
import type { ObjectTarget } from '../router/target.ts';

type Query = ReadonlyMap<string, string>;
type Count = { readonly least: number; readonly most: number; readonly otherwise: number };

/** A whole number; above `most` it is cut to it, below `least` refused. */
export function countField(query: Query, name: string, bounds: Count): number {
  return countOf(query.get(name), name, bounds);
}

/** The same of a header. */
export function countOf(text: string | undefined, name: string, bounds: Count): number {
  if (text === undefined || text === '') return bounds.otherwise;
  if (!/^\d{1,10}$/.test(text) || Number(text) < bounds.least) throw invalid(name, text);
  return Math.min(Number(text), bounds.most);
}

export function partNumberField(query: Query): number {
  const text = query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10_000) throw s3Error('InvalidArgument', 'partNumber must be 1 to 10000');
  return number;
}

/** How names are written in a listing. */
export function nameEncoding(query: Query): (name: string) => string {
  const encoding = query.get('encoding-type');
  if (encoding === undefined) return (name) => name;
  if (encoding !== 'url') throw invalid('encoding-type', encoding);
  return (name) => uriEncode(name, { keepSlash: true });
}

/** An id of another form was never given out. */
export function uploadPath(call: Call<ObjectTarget>): UploadPath {
  const id = parseId<UploadId>(call.query.get('uploadId') ?? '');
  if (id === undefined) throw s3Error('NoSuchUpload');
  return { bucket: call.target.bucket, key: call.target.key, id };
}

function invalid(name: string, value: string) {
  return s3Error('InvalidArgument', `${name} has no valid value: ${value}`);
}
