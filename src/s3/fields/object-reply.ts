/** Why: HEAD says all that GET says, so what both say of an object, a range or a part of it is made in one place. */
import type { ObjectInfo, ReadRange } from '../../object/store.ts';
import { s3Error } from '../errors.ts';
import type { Call } from '../operation.ts';
import { checksumHeaders } from './checksums.ts';
import { readConditions } from './conditions.ts';
import { objectReplyHeaders } from './object-headers.ts';
import { overriddenHeaders, overrideNames } from './overrides.ts';
import { partNumberField } from './query-fields.ts';
import { contentRange, parseRange } from './range.ts';

/** What a read of an object understands. */
export const readQuery: readonly string[] = ['partNumber', 'versionId', ...overrideNames];
export const readHeaders: readonly string[] = [...readConditions, 'x-amz-checksum-mode'];

/** What of the object is asked for; undefined: all of it. */
export function askedRange({ query, headers }: Pick<Call, 'query' | 'headers'>): ReadRange | undefined {
  const range = parseRange(headers.get('range'));
  if (!query.has('partNumber')) return range;
  if (range !== undefined) {
    throw s3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  }
  return { kind: 'part', number: partNumberField(query) };
}

/** The bytes that GET sends, and HEAD tells. */
type ByteRange = { readonly from: number; readonly to: number };
type Shown = { readonly asked: ReadRange | undefined; readonly range: ByteRange };

/** Status and headers; the length is the body's, or the operation's own. */
export function objectReply(call: Pick<Call, 'query' | 'headers' | 'identity'>, info: ObjectInfo, shown: Shown) {
  const { asked, range } = shown;
  const isPartial = asked !== undefined && range.from < range.to;
  const headers: Record<string, string> = {
    ...objectReplyHeaders(info),
    ...askedChecksum(call, info, range),
    ...partsCount(asked, info),
    ...(isPartial ? { 'content-range': contentRange(range, info.bytes) } : {}),
    ...overriddenHeaders(call),
  };
  return { status: isPartial ? 206 : 200, headers };
}

/** An object of parts tells how many there are to who asks for one. */
function partsCount(asked: ReadRange | undefined, { partBytes }: ObjectInfo): Readonly<Record<string, string>> {
  return asked?.kind === 'part' && partBytes.length > 0 ? { 'x-amz-mp-parts-count': String(partBytes.length) } : {};
}

/** Only with all the bytes, for a client compares it with those that it got. */
function askedChecksum({ headers }: Pick<Call, 'headers'>, info: ObjectInfo, range: ByteRange) {
  const mode = headers.get('x-amz-checksum-mode');
  if (mode !== undefined && mode !== 'ENABLED') throw s3Error('InvalidArgument', 'x-amz-checksum-mode must be ENABLED');
  const isWhole = range.from === 0 && range.to === info.bytes;
  return mode === 'ENABLED' && isWhole ? checksumHeaders(info) : {};
}
