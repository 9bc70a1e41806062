import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, utf8 } from '../base/bytes.ts';
import type { BucketId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { type KeyQuery, listKeys } from './listing.ts';
import type { BucketRecord } from './records/bucket.ts';
import { versionCodec, versionKey } from './records/version.ts';

function bucketOf(id: string): BucketRecord {
  const rule = { copies: 3, writeQuorum: 2, blockBytes: 1024, md5Etags: false };
  return { id: id as BucketId, name: id, createdAtMs: 0, ...rule };
}

const bucket = bucketOf('00000000000000aa');
const neighbours = [bucketOf('00000000000000a9'), bucketOf('00000000000000ab')];

async function addKey(kv: Kv, { id }: BucketRecord, key: string, stamp: number): Promise<void> {
  const version = {
    key,
    stamp,
    site: 0,
    homeEpoch: 0,
    isNull: true,
    isDeleteMarker: false,
    modifiedAtMs: stamp,
    bytes: 0,
    etag: '',
    classId: 3,
    blocks: [],
    metadata: {},
  };
  await kv.commit({ put: [{ key: versionKey(id, version), value: versionCodec.encode(version) }] });
}

/** Keys in two versions each, between buckets that must not show. */
async function kvWith(keys: readonly string[]): Promise<Kv> {
  const kv = new MemoryKv({ random: seededRandom(1) });
  for (const key of keys) for (const stamp of [1, 2]) await addKey(kv, bucket, key, stamp);
  for (const neighbour of neighbours) await addKey(kv, neighbour, 'a/b', 1);
  return kv;
}

type Shown = { readonly keys: readonly string[]; readonly prefixes: readonly string[] };

/** What S3 says a listing shows, in one page: keys after `after`, rolled up behind the prefix. */
function model(keys: readonly string[], { prefix, delimiter, after }: KeyQuery): Shown {
  const shown = new Set<string>();
  const prefixes = new Set<string>();
  for (const key of keys.filter((one) => one.startsWith(prefix))) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const rolled = at < 0 ? undefined : key.slice(0, at + delimiter.length);
    if (rolled === after || compareBytes(utf8(key), utf8(after)) <= 0) continue;
    if (rolled === undefined) shown.add(key);
    else prefixes.add(rolled);
  }
  const sorted = (values: Iterable<string>) => [...values].sort((left, right) => compareBytes(utf8(left), utf8(right)));
  return { keys: sorted(shown), prefixes: sorted(prefixes) };
}

async function allPages(kv: Kv, query: KeyQuery): Promise<Shown> {
  const keys: string[] = [];
  const prefixes: string[] = [];
  for (let after: string | undefined = query.after; after !== undefined; ) {
    const page = await listKeys(kv, bucket, { ...query, after });
    const count = page.versions.length + page.commonPrefixes.length;
    expect(count).toBeLessThanOrEqual(query.limit);
    if (page.next !== undefined) expect(count).toBe(query.limit);
    expect(page.versions.every(({ modifiedAtMs }) => modifiedAtMs === 2)).toBe(true);
    keys.push(...page.versions.map(({ key }) => key));
    prefixes.push(...page.commonPrefixes);
    expect(keys.length + prefixes.length).toBeLessThan(100);
    after = page.next;
  }
  return { keys, prefixes };
}

const unit = fc.constantFrom('a', 'b', '/', '-', '\u00e9', '\ud83d\ude00', '\uffff');
const keySets = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 5 }), { maxLength: 25 });
const queries = fc.record({
  prefix: fc.string({ unit, maxLength: 2 }),
  delimiter: fc.constantFrom('', '/', '-', '/-', '\u00e9'),
  after: fc.string({ unit, maxLength: 3 }),
  limit: fc.integer({ min: 1, max: 6 }),
});

/** Counts what is read of it. */
function counted(inner: Kv) {
  const read = { ranges: 0, entries: 0 };
  const kv: Kv = Object.assign(Object.create(inner) as Kv, {
    range: async (...call: Parameters<Kv['range']>) => {
      const page = await inner.range(...call);
      read.ranges += 1;
      read.entries += page.entries.length;
      return page;
    },
  });
  return { kv, read };
}

describe('a listing', () => {
  test('shows, page after page, what a simple model shows at once', async () => {
    await fc.assert(
      fc.asyncProperty(keySets, queries, async (keys, query) => {
        expect(await allPages(await kvWith(keys), query)).toEqual(model(keys, query));
      }),
      { numRuns: 300 },
    );
  });

  test('that begins inside of a common prefix shows it once', async () => {
    const query = { prefix: '', delimiter: '/', after: 'a/b', limit: 1 };
    expect(await allPages(await kvWith(['a/a', 'a/c', 'b']), query)).toEqual({ keys: ['b'], prefixes: ['a/'] });
  });

  test('seeks past what it rolls up: a page costs what it shows', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `a/${index}`);
    const { kv, read } = counted(await kvWith([...many, 'b']));
    const query = { prefix: '', delimiter: '/', after: '', limit: 10 };
    const { versions, commonPrefixes } = await listKeys(kv, bucket, query);
    expect([versions.map(({ key }) => key), commonPrefixes]).toEqual([['b'], ['a/']]);
    expect(read.ranges).toBeLessThanOrEqual(3);
  });

  test('reads two entries of each large folder, and small folders together', async () => {
    const folders = Array.from({ length: 60 }, (_, index) => String(index).padStart(2, '0'));
    const filled = (size: number) =>
      folders.flatMap((folder) => Array.from({ length: size }, (_, index) => `${folder}/${index}`));
    const query = { prefix: '', delimiter: '/', after: '', limit: 1000 };
    const large = counted(await kvWith(filled(300)));
    expect((await listKeys(large.kv, bucket, query)).commonPrefixes).toHaveLength(60);
    expect(large.read.entries).toBeLessThanOrEqual(256 + 2 * 60);
    const small = counted(await kvWith(filled(3)));
    expect((await listKeys(small.kv, bucket, query)).commonPrefixes).toHaveLength(60);
    expect(small.read.ranges).toBeLessThanOrEqual(3);
  });
});
