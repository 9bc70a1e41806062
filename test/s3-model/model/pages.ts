/**
 * Why: one rule for the pages of all listings (API_ListObjectsV2.html, API_ListObjectVersions.html): by the bytes of
 * the keys; keys that share what goes up to the delimiter count as one; a page has at most `limit` of both together.
 */
import type { Roll } from '../operations.ts';

export type Page<T> = {
  readonly items: readonly T[];
  readonly prefixes: readonly string[];
  readonly last: T | string | undefined;
};

export function pagesOf<T extends { readonly key: string }>(
  items: readonly T[],
  roll: Omit<Roll, 'bucket' | 'url'>,
): Page<T>[] {
  const shown = items.filter(({ key }) => key.startsWith(roll.prefix) && isAfter(key, roll));
  const sorted = [...shown].sort((one, other) => compare(one.key, other.key));
  const entries: (T | string)[] = [];
  for (const item of sorted) {
    const rolled = rollUp(item.key, roll);
    if (rolled === undefined) entries.push(item);
    else if (entries.at(-1) !== rolled) entries.push(rolled);
  }
  if (roll.limit === 0) return [{ items: [], prefixes: [], last: undefined }];
  const count = Math.max(1, Math.ceil(entries.length / roll.limit));
  return Array.from({ length: count }, (_, at) =>
    pageOf(entries.slice(at * roll.limit, (at + 1) * roll.limit), at + 1 < count),
  );
}

function pageOf<T>(entries: readonly (T | string)[], isTruncated: boolean): Page<T> {
  return {
    items: entries.filter((entry): entry is T => typeof entry !== 'string'),
    prefixes: entries.filter((entry) => typeof entry === 'string'),
    last: isTruncated ? entries.at(-1) : undefined,
  };
}

/** A listing that goes on after a common prefix has shown all below it. */
function isAfter(key: string, roll: Omit<Roll, 'bucket' | 'url'>): boolean {
  if (roll.after === '') return true;
  const isPrefix = rollUp(roll.after, roll) === roll.after;
  return compare(key, roll.after) > 0 && !(isPrefix && key.startsWith(roll.after));
}

function rollUp(key: string, { prefix, delimiter }: Pick<Roll, 'prefix' | 'delimiter'>): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
