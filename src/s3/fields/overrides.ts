/** Why: a reader may say by which headers it wants to see an object, most of all in a link that it gives away. */
import { s3Error } from '../errors.ts';
import { headerValue } from '../head.ts';
import type { Call } from '../operation.ts';

const overrides: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};

export const overrideNames: readonly string[] = Object.keys(overrides);

/** The headers that the query sets; not for who signs nothing (API_GetObject, response-*). */
export function overriddenHeaders({ query, identity }: Pick<Call, 'query' | 'identity'>): Record<string, string> {
  if (query.size === 0) return {};
  const asked = overrideNames.filter((name) => query.has(name));
  if (asked.length > 0 && identity.kind === 'anonymous') {
    throw s3Error('InvalidRequest', 'Headers of the response can be set by signed requests only');
  }
  return Object.fromEntries(asked.map((name) => [overrides[name], overriddenValue(name, query.get(name) ?? '')]));
}

function overriddenValue(name: string, text: string): string {
  if (/\p{Cc}/u.test(text)) throw s3Error('InvalidArgument', `${name} must not hold control characters`);
  return headerValue(text);
}
