/**
 * Why: pages of keys in byte order, with prefixes rolled up by seeking past them: a page costs what it shows, not what
 * it skips. Only the newest version of a key counts.
 */

import { present } from '../base/assert.ts';
import type { CallOptions } from '../base/async/abort.ts';
import { concatBytes, prefixEnd, utf8 } from '../base/bytes.ts';
import type { Kv } from '../kv/kv.ts';
import { idKey, keyOf, terminator } from './codec/keys.ts';
import type { BucketRecord } from './records/bucket.ts';
import { type VersionRecord, versionCodec, versionsIn } from './records/version.ts';

export type KeyListing = {
  readonly versions: readonly VersionRecord[];
  readonly commonPrefixes: readonly string[];
  readonly next: string | undefined;
};

export type KeyQuery = {
  readonly prefix: string;
  readonly delimiter: string /** Exclusive; a common prefix skips all below it. */;
  readonly after: string;
  readonly limit: number;
};

const pageSize = 256;

/** At most `limit` keys and common prefixes together; `next` is undefined at the end. */
export async function listKeys(
  kv: Kv,
  bucket: BucketRecord,
  query: KeyQuery,
  options: CallOptions = {},
): Promise<KeyListing> {
  const versions: VersionRecord[] = [];
  const commonPrefixes: string[] = [];
  const { to } = versionsIn(bucket.id, query.prefix);
  let from = startOf(bucket, query);
  let last = '';
  let shown: string | undefined;
  while (from !== undefined) {
    const wanted = query.limit - versions.length - commonPrefixes.length;
    const { entries, more } = await kv.range({ from, to, limit: Math.min(pageSize, wanted + 1) }, options);
    from = more ? concatBytes(present(entries.at(-1), 'the last entry of a cut page').key, terminator) : undefined;
    for (const entry of entries) {
      const version = versionCodec.decode(entry.value);
      if (version.key === last || version.isDeleteMarker) continue;
      if (versions.length + commonPrefixes.length >= query.limit) return { versions, commonPrefixes, next: shown };
      const rolled = rollUp(version.key, query);
      last = version.key;
      shown = rolled ?? version.key;
      if (rolled === undefined) {
        versions.push(version);
        continue;
      }
      commonPrefixes.push(rolled);
      from = afterPrefix(bucket, rolled);
      break;
    }
  }
  return { versions, commonPrefixes, next: undefined };
}

/** Where the scan begins: after the key or common prefix that the last page ended with. */
function startOf(bucket: BucketRecord, query: KeyQuery): Uint8Array | undefined {
  const first = versionsIn(bucket.id, query.prefix).from;
  if (query.after === '') return first;
  const isRolled = query.delimiter !== '' && rollUp(query.after, query) === query.after;
  const after = isRolled
    ? afterPrefix(bucket, query.after)
    : keyOf('object', idKey(bucket.id), utf8(query.after), Uint8Array.of(1));
  return after === undefined || Buffer.compare(after, first) > 0 ? after : first;
}

function afterPrefix(bucket: BucketRecord, prefix: string): Uint8Array | undefined {
  return prefixEnd(keyOf('object', idKey(bucket.id), utf8(prefix)));
}

function rollUp(key: string, query: KeyQuery): string | undefined {
  if (query.delimiter === '' || !key.startsWith(query.prefix)) return undefined;
  const at = key.indexOf(query.delimiter, query.prefix.length);
  return at < 0 ? undefined : key.slice(0, at + query.delimiter.length);
}
