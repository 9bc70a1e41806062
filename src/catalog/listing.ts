/**
 * Why: pages of what lies under the keys of a bucket, in byte order, with prefixes rolled up by seeking past them: a
 * page costs what it shows, not what it skips. Objects (the newest version of a key, unless it is a delete marker),
 * versions and uploads are listed by the same walk.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { prefixEnd, successor, utf8 } from '../base/bytes.ts';
import type { UploadId } from '../base/ids.ts';
import type { Kv } from '../kv/kv.ts';
import { idKey, keyOf } from './codec/keys.ts';
import type { RecordDecoder } from './codec/record.ts';
import type { BucketRecord } from './records/bucket.ts';
import { type UploadRecord, uploadCodec, uploadKey } from './records/upload.ts';
import {
  type ListedVersion,
  listedVersionDecoder,
  olderThan,
  type VersionRecord,
  versionCodec,
} from './records/version.ts';
import { parseVersionId } from './version-id.ts';
import { findVersion } from './versions.ts';

type Roll = { readonly prefix: string; readonly delimiter: string };

export type KeyQuery = Roll & {
  /** Exclusive; a common prefix skips all below it. */
  readonly after: string;
  /** At least 1: records and common prefixes together. */
  readonly limit: number;
};

export type KeyListing = {
  readonly versions: readonly ListedVersion[];
  readonly commonPrefixes: readonly string[];
  /** The last that was shown; undefined at the end. */
  readonly next: string | undefined;
};

/** The newest version of each key. */
export async function listKeys(
  kv: Kv,
  bucket: BucketRecord,
  query: KeyQuery,
  options: CallOptions = {},
): Promise<KeyListing> {
  let last: string | undefined;
  const shelf = objects(bucket, listedVersionDecoder);
  const page = await walk(
    kv,
    shelf,
    {
      ...query,
      from: afterName(shelf, query, query.after),
      accept: ({ key, isDeleteMarker }) => {
        if (key === last) return 'skip-key';
        last = key;
        return isDeleteMarker ? 'skip' : 'show';
      },
    },
    options,
  );
  const { records, commonPrefixes, next } = page;
  return { versions: records, commonPrefixes, next: typeof next === 'object' ? next.key : next };
}

export type VersionQuery = Roll & {
  readonly after: { readonly key: string; readonly versionId: string | undefined } | undefined;
  readonly limit: number;
};

export type VersionListing = {
  readonly versions: readonly (VersionRecord & { readonly isLatest: boolean })[];
  readonly commonPrefixes: readonly string[];
  readonly next: VersionRecord | string | undefined;
};

/** All versions, delete markers included, newest first under each key. */
export async function listVersions(
  kv: Kv,
  bucket: BucketRecord,
  query: VersionQuery,
  options: CallOptions = {},
): Promise<VersionListing> {
  const { after } = query;
  const shelf = objects(bucket, versionCodec);
  const from = await firstVersion(kv, bucket, query, options);
  let last = after?.versionId === undefined ? undefined : after.key;
  const { records, ...rest } = await walk(kv, shelf, { ...query, from, accept: () => 'show' }, options);
  const versions = records.map((record) => {
    const isLatest = record.key !== last;
    last = record.key;
    return { ...record, isLatest };
  });
  return { versions, ...rest };
}

async function firstVersion(
  kv: Kv,
  bucket: BucketRecord,
  { after, ...roll }: VersionQuery,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  const shelf = objects(bucket, versionCodec);
  if (after === undefined) return afterName(shelf, roll, '');
  const { key, versionId } = after;
  if (versionId === undefined) return afterName(shelf, roll, key);
  const id = parseVersionId(versionId);
  if (id !== 'null') return olderThan(bucket.id, { key, ...id }); // it may be gone meanwhile
  const marker = await findVersion(kv, bucket, key, { ...options, versionId });
  return marker === undefined ? afterName(shelf, roll, key) : olderThan(bucket.id, marker.record);
}

export type UploadQuery = Roll & {
  readonly after: { readonly key: string; readonly id: UploadId | undefined } | undefined;
  readonly limit: number;
};

export type UploadListing = {
  readonly uploads: readonly UploadRecord[];
  readonly commonPrefixes: readonly string[];
  readonly next: UploadRecord | string | undefined;
};

/** By key, then by id. */
export async function listUploads(
  kv: Kv,
  bucket: BucketRecord,
  query: UploadQuery,
  options: CallOptions = {},
): Promise<UploadListing> {
  const { after } = query;
  const from =
    after?.id === undefined
      ? afterName(uploads(bucket), query, after?.key ?? '')
      : successor(uploadKey(bucket.id, after.key, after.id));
  const { records, ...rest } = await walk(kv, uploads(bucket), { ...query, from, accept: () => 'show' }, options);
  return { uploads: records, ...rest };
}

/** Records under the keys of a bucket, and where they lie. */
type Shelf<R> = {
  readonly decoder: RecordDecoder<R>;
  readonly keyFrom: (name: string, ...parts: readonly Uint8Array[]) => Uint8Array;
};

function objects<R>(bucket: BucketRecord, decoder: RecordDecoder<R>): Shelf<R> {
  return { decoder, keyFrom: (name, ...parts) => keyOf('object', idKey(bucket.id), utf8(name), ...parts) };
}

function uploads(bucket: BucketRecord): Shelf<UploadRecord> {
  return { decoder: uploadCodec, keyFrom: (name, ...parts) => keyOf('upload', idKey(bucket.id), utf8(name), ...parts) };
}

type Walk<R> = Roll & {
  /** Undefined: beyond the end. */
  readonly from: Uint8Array | undefined;
  readonly limit: number;
  /** `skip-key`: this one and, probably, many more of its key. */
  readonly accept: (record: R) => 'show' | 'skip' | 'skip-key';
};

type Page<R> = {
  readonly records: readonly R[];
  readonly commonPrefixes: readonly string[];
  readonly next: R | string | undefined;
};

const pageSize = 256;
/** Behind a prefix that filled a page, the next one is likely to be sought past too. */
const leastPageSize = 2;
/** Of one key in a row: then a seek is cheaper. */
const mostSkipped = 8;

async function walk<R extends { readonly key: string }>(
  kv: Kv,
  shelf: Shelf<R>,
  query: Walk<R>,
  options: CallOptions,
): Promise<Page<R>> {
  const records: R[] = [];
  const commonPrefixes: string[] = [];
  const to = prefixEnd(shelf.keyFrom(query.prefix));
  let from = query.from;
  let next: R | string | undefined;
  let skipped = 0;
  let size = pageSize;
  while (from !== undefined) {
    const left = query.limit - records.length - commonPrefixes.length;
    const { entries, more } = await kv.range({ from, to, limit: Math.min(size, left + 1) }, options);
    const last = entries.at(-1);
    let rolledEnd: Uint8Array | undefined;
    from = more && last !== undefined ? successor(last.key) : undefined;
    size = Math.min(pageSize, 4 * size);
    for (const entry of entries) {
      if (rolledEnd !== undefined && Buffer.compare(entry.key, rolledEnd) < 0) continue;
      const record = shelf.decoder.decode(entry.value);
      const verdict = query.accept(record);
      skipped = verdict === 'skip-key' ? skipped + 1 : 0;
      if (skipped >= mostSkipped) {
        from = shelf.keyFrom(record.key, Uint8Array.of(1));
        break;
      }
      if (verdict !== 'show') continue;
      if (records.length + commonPrefixes.length >= query.limit) return { records, commonPrefixes, next };
      const rolled = rollUp(record.key, query);
      next = rolled ?? record;
      if (rolled === undefined) {
        records.push(record);
        continue;
      }
      commonPrefixes.push(rolled);
      rolledEnd = prefixEnd(shelf.keyFrom(rolled));
      const goesOn = last === undefined || rolledEnd === undefined || Buffer.compare(last.key, rolledEnd) < 0;
      if (!goesOn) continue;
      from = more ? rolledEnd : undefined;
      if (entry === entries[0]) size = leastPageSize;
      break;
    }
  }
  return { records, commonPrefixes, next: undefined };
}

/** Where a walk begins: after the key or common prefix that the last page ended with. */
function afterName<R>(shelf: Shelf<R>, roll: Roll, name: string): Uint8Array | undefined {
  const first = shelf.keyFrom(roll.prefix);
  if (name === '') return first;
  const isRolled = roll.delimiter !== '' && rollUp(name, roll) === name;
  const after = isRolled ? prefixEnd(shelf.keyFrom(name)) : shelf.keyFrom(name, Uint8Array.of(1));
  return after === undefined || Buffer.compare(after, first) > 0 ? after : first;
}

function rollUp(key: string, { prefix, delimiter }: Roll): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
