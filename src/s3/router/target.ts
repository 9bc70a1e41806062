/** Why: the raw request target becomes bucket, key and query in one step; the key is decoded exactly once, here. */
import { fromUtf8 } from '../../base/bytes.ts';
import { checkBucketName, maxKeyBytes } from '../../object/names.ts';
import { queryPairs, splitTarget } from '../../sigv4/canonical.ts';
import { decodeQueryText, percentDecode } from '../../sigv4/uri.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import { bucketOfHost } from './host.ts';
import { keyFromBytes } from './key.ts';

export type ServiceTarget = { readonly level: 'service' };
export type BucketTarget = { readonly level: 'bucket'; readonly bucket: string };
export type ObjectTarget = { readonly level: 'object'; readonly bucket: string; readonly key: string };
export type Target = ServiceTarget | BucketTarget | ObjectTarget;

export type ParsedTarget = { readonly target: Target; readonly query: ReadonlyMap<string, string> };

/** What a head is about. `domains`: those under which the host names the bucket; path style goes with all others. */
export function parseHead(head: RequestHead, domains: readonly string[]): ParsedTarget {
  return parseTarget(head.target, bucketOfHost(head.headers.all('host'), domains));
}

/** `hostBucket`: where the host names the bucket, and the path is the key alone. */
export function parseTarget(raw: string, hostBucket?: string): ParsedTarget {
  const { path, query } = splitTarget(raw);
  return { target: parsePath(path, hostBucket), query: parseQuery(query) };
}

/** `/`, `/bucket`, `/bucket/`, `/bucket/key`: everything behind the second slash is the key. */
function parsePath(path: string, hostBucket: string | undefined): Target {
  if (!path.startsWith('/') || path.includes('#')) throw s3Error('InvalidURI', 'The request target must be a path');
  if (hostBucket !== undefined) return parseObjectPath(`${hostBucket}${path}`);
  if (path === '/') return { level: 'service' };
  return parseObjectPath(path.slice(1));
}

/** `bucket/key` or `bucket`, percent-encoded. */
export function parseObjectPath(path: string): BucketTarget | ObjectTarget {
  const slash = path.indexOf('/');
  const bucket = bucketName(slash < 0 ? path : path.slice(0, slash));
  const rawKey = slash < 0 ? '' : path.slice(slash + 1);
  return rawKey === '' ? { level: 'bucket', bucket } : { level: 'object', bucket, key: parseKey(rawKey) };
}

function parseKey(raw: string): string {
  if (isPlain(raw)) return raw;
  const key = percentDecode(raw);
  if (key === undefined) throw s3Error('InvalidURI', 'A % in the key is not followed by two hex digits');
  return keyFromBytes(key);
}

/** Whether it is its own decoding, and short enough to be a key: nearly all are. */
function isPlain(raw: string): boolean {
  return raw.length <= maxKeyBytes && /^[!-$&-~]+$/.test(raw);
}

/** Valid names need no encoding, so an encoded one is none. */
function bucketName(raw: string): string {
  checkBucketName(raw);
  return raw;
}

export function parseQuery(raw: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const pair of queryPairs(raw)) {
    const name = queryText(pair.name);
    if (query.has(name)) throw s3Error('InvalidArgument', `The query names ${name} more than once`);
    query.set(name, queryText(pair.value));
  }
  return query;
}

function queryText(raw: string): string {
  const bytes = decodeQueryText(raw);
  const text = bytes === undefined ? undefined : fromUtf8(bytes);
  if (text === undefined) throw s3Error('InvalidURI', 'The query is not valid percent-encoded UTF-8');
  return text;
}
