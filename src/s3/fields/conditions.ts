/** Why: conditional reads are judged on the version that would be sent, in the order of RFC 9110, section 13. */
import type { ObjectInfo } from '../../object/store.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import { parseHttpTime } from '../time.ts';
import { unquoteEtag } from './object-headers.ts';

export const readConditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/** Whether to send the object or 304; throws PreconditionFailed. */
export function judgeConditions(headers: HeaderFields, info: ObjectInfo): 'send' | 'not-modified' {
  const match = headers.get('if-match');
  const noneMatch = headers.get('if-none-match');
  if (match !== undefined && !names(match, info)) throw s3Error('PreconditionFailed');
  if (match === undefined && isLater(info, headers.get('if-unmodified-since')) === true)
    throw s3Error('PreconditionFailed');
  if (noneMatch !== undefined) return names(noneMatch, info) ? 'not-modified' : 'send';
  return isLater(info, headers.get('if-modified-since')) === false ? 'not-modified' : 'send';
}

function names(list: string, info: ObjectInfo): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some((tag) => unquoteEtag(tag.trim().replace(/^W\//, '')) === info.etag);
}

/** Whether the object changed after that time, in whole seconds; undefined when the header is missing or no time. */
function isLater(info: ObjectInfo, header: string | undefined): boolean | undefined {
  const timeMs = header === undefined ? undefined : parseHttpTime(header);
  return timeMs === undefined ? undefined : Math.floor(info.modifiedAtMs / 1000) * 1000 > timeMs;
}
