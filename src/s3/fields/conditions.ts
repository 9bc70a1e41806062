/**
 * Why: conditional reads are judged on the version that would be sent, in the order of RFC 9110, section 13; those of
 * writes are handed to the store, which judges them in the commit.
 */
import type { ObjectInfo, WriteCondition } from '../../object/store.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import { parseHttpTime } from '../time.ts';
import { unquoteEtag } from './object-headers.ts';

export const readConditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;
export const sourceConditions = readConditions.map((name) => `x-amz-copy-source-${name}`);
export const writeConditions = ['if-match', 'if-none-match'] as const;

/** Whether to send the object or 304; throws PreconditionFailed. `names`: of the headers, as in `readConditions`. */
export function judgeConditions(
  headers: HeaderFields,
  info: ObjectInfo,
  names: readonly string[] = readConditions,
): 'send' | 'not-modified' {
  const [match, noneMatch, modifiedSince, unmodifiedSince] = names.map((name) => headers.get(name));
  if (match !== undefined && !matchesStrongly(match, info)) throw failed('If-Match');
  if (match === undefined && isLater(info, unmodifiedSince) === true) {
    throw failed('If-Unmodified-Since');
  }
  if (noneMatch !== undefined) return matchesWeakly(noneMatch, info) ? 'not-modified' : 'send';
  return isLater(info, modifiedSince) === false ? 'not-modified' : 'send';
}

/** Of a copy: a source that is not as wanted is never copied (API_CopyObject). */
export function judgeSource(headers: HeaderFields): (source: ObjectInfo) => void {
  return (source) => {
    if (judgeConditions(headers, source, sourceConditions) === 'not-modified') throw failed(undefined);
  };
}

/** Of a write: what must be true of the object that it replaces. */
export function writeCondition(headers: HeaderFields): WriteCondition | undefined {
  return conditionOf(headers.get('if-match'), headers.get('if-none-match'));
}

export function conditionOf(match: string | undefined, noneMatch: string | undefined): WriteCondition | undefined {
  if (match === undefined && noneMatch === undefined) return undefined;
  return { ifMatch: strongTags(match), ifNoneMatch: strongTags(noneMatch) };
}

function strongTags(list: string | undefined): readonly string[] | '*' | undefined {
  if (list === undefined) return undefined;
  if (list.trim() === '*') return '*';
  return tagsOf(list)
    .filter((tag) => !tag.startsWith('W/'))
    .map(unquoteEtag);
}

function matchesStrongly(list: string, info: ObjectInfo): boolean {
  const tags = strongTags(list);
  return tags === '*' || tags?.includes(info.etag) === true;
}

function matchesWeakly(list: string, info: ObjectInfo): boolean {
  return list.trim() === '*' || tagsOf(list).some((tag) => unquoteEtag(tag.replace(/^W\//, '')) === info.etag);
}

function tagsOf(list: string): string[] {
  return list.split(',').map((tag) => tag.trim());
}

function failed(condition: string | undefined) {
  return s3Error('PreconditionFailed', undefined, condition === undefined ? {} : { condition });
}

/** Whether the object changed after that time, in whole seconds; undefined when the header is missing or no time. */
function isLater(info: ObjectInfo, header: string | undefined): boolean | undefined {
  const timeMs = header === undefined ? undefined : parseHttpTime(header);
  return timeMs === undefined ? undefined : Math.floor(info.modifiedAtMs / 1000) * 1000 > timeMs;
}
