import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { type ChecksumKind, checksumBytes, type ObjectChecksum, startChecksum } from '../base/checksum.ts';
import { steadyClock, systemClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { allFinishedUploads } from '../catalog/records/finished-upload.ts';
import { openUploadBytes } from '../catalog/uploads.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { collectGarbage } from './collect/collector.ts';
import type { Body, CompletedPart, PartInfo, UploadPath } from './store.ts';

const noHeaders = { metadata: {} };
const partBytes = 20 * 1024;
const dayMs = 24 * 60 * 60 * 1000;

let site: MemorySite;
let laterMs = 0;
beforeEach(async () => {
  laterMs = 0;
  const now = steadyClock(systemClock);
  const clock = { ...now, wallMs: () => now.wallMs() + laterMs };
  site = await startMemorySite({ volumes: 4, clock, graceMs: 10 });
  await site.store.createBucket('models');
});

async function begin(checksum?: { kind: ChecksumKind; type: ObjectChecksum['type'] }): Promise<UploadPath> {
  const id = await site.store.createUpload('models', 'big', { headers: noHeaders, tags: { run: '7' }, checksum });
  return { bucket: 'models', key: 'big', id };
}

function piece(seed: number): Uint8Array {
  return seededRandom(seed).bytes(partBytes);
}

async function checkedBody(bytes: Uint8Array, kind: ChecksumKind): Promise<Body> {
  const digest = await checksum(kind, bytes);
  return { ...bodyOf(bytes), seal: async () => ({ checksum: { kind, type: 'whole', digest } }) };
}

async function checksum(kind: ChecksumKind, ...pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const hasher = await startChecksum(kind);
  for (const bytes of pieces) hasher.update(bytes);
  return new Uint8Array(hasher.digest());
}

function complete(path: UploadPath, parts: readonly (CompletedPart | PartInfo)[]) {
  return site.store.completeUpload(path, { parts: parts.map(named) });
}

function named({ number, etag, checksum: sum }: CompletedPart | PartInfo): CompletedPart {
  return { number, etag, checksum: sum !== undefined && 'digest' in sum ? sum.digest : sum };
}

function collect() {
  return collectGarbage({ ...site.repair, blocks: site.context.blocks, maxMarks: 1000 });
}

describe('a completion', () => {
  test('that is repeated within a day has the same answer, whatever became of the object', async () => {
    const path = await begin();
    const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
    const first = await complete(path, parts);
    expect(first.tags).toEqual({ run: '7' });
    await site.store.delete('models', 'big');
    expect(await complete(path, parts)).toEqual(first);
    laterMs = dayMs - 60_000;
    await collect();
    expect(await complete(path, parts)).toEqual(first);
    laterMs = dayMs + 60_000;
    await collect();
    await expect(complete(path, parts)).rejects.toMatchObject({ code: 'not_found', details: { what: 'upload' } });
  });

  test('that asks for something else than the one that won is refused', async () => {
    const path = await begin();
    const parts = [
      await site.store.putPart(path, 1, bodyOf(piece(1))),
      await site.store.putPart(path, 2, bodyOf(piece(2))),
    ];
    await complete(path, parts);
    await expect(complete(path, parts.slice(0, 1))).rejects.toMatchObject({ details: { what: 'upload' } });
  });

  test('of two at once is one', async () => {
    const path = await begin();
    const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
    const [one, other] = await Promise.all([complete(path, parts), complete(path, parts)]);
    expect(one).toEqual(other);
    expect((await site.kv.changes(0, 100)).length).toBeGreaterThan(0);
  });

  test('that races with an abort: exactly one of both wins', async () => {
    for (let round = 0; round < 10; round++) {
      const path = await begin();
      const parts = [await site.store.putPart(path, 1, bodyOf(piece(round)))];
      const outcomes = await Promise.allSettled([complete(path, parts), site.store.abortUpload(path)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('that races with a new part never has the old part of it unless it wins', async () => {
    for (let round = 0; round < 10; round++) {
      const path = await begin();
      const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
      const [completed, part] = await Promise.allSettled([
        complete(path, parts),
        site.store.putPart(path, 1, bodyOf(piece(2))),
      ]);
      if (completed.status === 'fulfilled') {
        expect(part).toMatchObject({ status: 'rejected', reason: { details: { what: 'upload' } } });
        expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), piece(1))).toBe(0);
      } else {
        expect(completed.reason).toMatchObject({ details: { what: 'part' } });
        expect(part.status).toBe('fulfilled');
        const { parts: now } = await site.store.listParts(path, 0, { limit: 10 });
        await complete(path, now);
        expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), piece(2))).toBe(0);
      }
    }
  });

  test('that was refused leaves the upload open', async () => {
    const path = await begin();
    const small = await site.store.putPart(path, 1, bodyOf(new Uint8Array(10)));
    const last = await site.store.putPart(path, 2, bodyOf(piece(1)));
    const wrong = { ...last, etag: 'x' };
    const refusals = [
      [[small, last], { details: { what: 'part_size' } }],
      [[last, small], { details: { what: 'part_order' } }],
      [[wrong], { code: 'not_found', details: { what: 'part' } }],
      [[{ ...last, checksum: new Uint8Array(4) }], { code: 'not_found', details: { what: 'part' } }],
      [[], { details: { what: 'part_order' } }],
    ] as const;
    for (const [parts, expected] of refusals) await expect(complete(path, parts)).rejects.toMatchObject(expected);
    await expect(site.store.completeUpload(path, { parts: [named(last)], bytes: 1 })).rejects.toMatchObject({
      details: { what: 'upload_size' },
    });
    expect((await complete(path, [last])).partBytes).toEqual([partBytes]);
  });

  test('on a condition is refused early and leaves the upload open', async () => {
    await site.store.put('models', 'big', { body: bodyOf(piece(9)), headers: noHeaders });
    const path = await begin();
    const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
    const condition = { ifNoneMatch: '*' } as const;
    await expect(site.store.completeUpload(path, { parts: parts.map(named) }, { condition })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    await site.store.delete('models', 'big');
    await site.store.completeUpload(path, { parts: parts.map(named) }, { condition });
    expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), piece(1))).toBe(0);
  });
});

/** What happens when a completion has decided and its commit is about to be made, once. */
async function siteWhere(meanwhile: (site: MemorySite) => Promise<unknown>): Promise<MemorySite> {
  const inner = new MemoryKv({ random: seededRandom(1) });
  let isDue = true;
  const kv: Kv = {
    limits: inner.limits,
    get: (...args) => inner.get(...args),
    range: (...args) => inner.range(...args),
    commit: async (commit, options) => {
      const isCompletion = commit.put?.some(({ key }) => key[0] === allFinishedUploads.from[0]) ?? false;
      if (isCompletion && isDue) {
        isDue = false;
        await meanwhile(between);
      }
      return inner.commit(commit, options);
    },
    changes: (...args) => inner.changes(...args),
    changed: (...args) => inner.changed(...args),
    trim: (...args) => inner.trim(...args),
    status: (...args) => inner.status(...args),
    close: () => inner.close(),
  };
  const between = await startMemorySite({ volumes: 4, kv });
  await between.store.createBucket('models');
  return between;
}

describe('a completion that has decided', () => {
  test('makes no object of an upload that is aborted before its commit', async () => {
    const paths: UploadPath[] = [];
    site = await siteWhere(({ store }) => store.abortUpload(paths[0] as UploadPath));
    const path = await begin();
    paths.push(path);
    const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
    await expect(complete(path, parts)).rejects.toMatchObject({ code: 'not_found', details: { what: 'upload' } });
    await expect(site.store.head('models', 'big')).rejects.toMatchObject({ details: { what: 'object' } });
  });

  test('makes no object of parts one of which is another before its commit', async () => {
    const paths: UploadPath[] = [];
    site = await siteWhere(({ store }) => store.putPart(paths[0] as UploadPath, 1, bodyOf(piece(2))));
    const path = await begin();
    paths.push(path);
    const parts = [await site.store.putPart(path, 1, bodyOf(piece(1)))];
    await expect(complete(path, parts)).rejects.toMatchObject({ code: 'not_found', details: { what: 'part' } });
    await expect(site.store.head('models', 'big')).rejects.toMatchObject({ details: { what: 'object' } });
    await complete(path, (await site.store.listParts(path, 0, { limit: 10 })).parts);
    expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), piece(2))).toBe(0);
  });
});

describe('parts', () => {
  test('uploaded again: the last one counts, the other is collected', async () => {
    const path = await begin();
    await site.store.putPart(path, 1, bodyOf(piece(1)));
    const part = await site.store.putPart(path, 1, bodyOf(piece(2)));
    expect(await openUploadBytes(site.kv)).toEqual(new Map([[expect.any(String), partBytes]]));
    await complete(path, [part]);
    expect(await openUploadBytes(site.kv)).toEqual(new Map());
    laterMs = dayMs;
    expect((await collect()).trashed).toBeGreaterThan(0);
    laterMs = 2 * dayMs;
    expect((await collect()).purged).toBeGreaterThan(0);
    expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), piece(2))).toBe(0);
  });

  test('are copied from objects, whole or a range', async () => {
    await site.store.put('models', 'from', { body: bodyOf(piece(5)), headers: noHeaders });
    const path = await begin();
    const from = { bucket: 'models', key: 'from' };
    const whole = await site.store.copyPart(from, { ...path, number: 1 });
    const range = { kind: 'from', first: 100, last: 299 } as const;
    const some = await site.store.copyPart(from, { ...path, number: 2 }, { range });
    expect([whole.bytes, some.bytes]).toEqual([partBytes, 200]);
    await complete(path, [whole, some]);
    const expected = Buffer.concat([piece(5), piece(5).subarray(100, 300)]);
    expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), expected)).toBe(0);
    const outside = { kind: 'from', first: partBytes, last: partBytes + 1 } as const;
    await expect(site.store.copyPart(from, { ...path, number: 1 }, { range: outside })).rejects.toMatchObject({
      details: { what: 'range' },
    });
  });

  test('are copied, many at once, within the memory that there is', async () => {
    const tight = await startMemorySite({ volumes: 4, memoryBytes: 100 * 1024 });
    await tight.store.createBucket('models');
    await tight.store.put('models', 'from', {
      body: bodyOf(seededRandom(5).bytes(10 * partBytes)),
      headers: noHeaders,
    });
    const id = await tight.store.createUpload('models', 'big', { headers: noHeaders });
    const path = { bucket: 'models', key: 'big', id };
    const range = { kind: 'from', first: 1, last: 10 * partBytes - 2 } as const;
    const copies = Array.from({ length: 6 }, (_, at) =>
      tight.store.copyPart({ bucket: 'models', key: 'from' }, { ...path, number: at + 1 }, { range }),
    );
    const parts = await Promise.all(copies);
    const { bytes } = await tight.store.completeUpload(path, { parts: parts.map(named) });
    expect(bytes).toBe(6 * (10 * partBytes - 2));
  });

  test('have the numbers from 1 to 10,000', async () => {
    const path = await begin();
    for (const number of [0, 10_001, 1.5])
      await expect(site.store.putPart(path, number, bodyOf(piece(1)))).rejects.toMatchObject({
        details: { what: 'part' },
      });
  });
});

describe('the checksum of an object of parts', () => {
  const kinds = Object.keys(checksumBytes) as ChecksumKind[];

  test.each(kinds)('%s is over the checksums of the parts', async (kind) => {
    const path = await begin({ kind, type: 'composite' });
    const parts = [1, 2].map(async (number) =>
      site.store.putPart(path, number, await checkedBody(piece(number), kind)),
    );
    const info = await complete(
      path,
      await Promise.all(parts).then((all) => all.map(({ number, etag }) => ({ number, etag }))),
    );
    const digest = await checksum(kind, await checksum(kind, piece(1)), await checksum(kind, piece(2)));
    expect(info.checksum).toEqual({ kind, type: 'composite', digest: expect.anything() });
    expect(Buffer.compare(info.checksum?.digest as Uint8Array, digest)).toBe(0);
  });

  test.each(['crc32', 'crc32c', 'crc64nvme'] as const)('%s is the one of all bytes, and compared', async (kind) => {
    const path = await begin({ kind, type: 'whole' });
    const one = await site.store.putPart(path, 1, await checkedBody(piece(1), kind));
    const two = await site.store.putPart(path, 2, await checkedBody(piece(2), kind));
    const parts = [one, two].map(({ number, etag }) => ({ number, etag }));
    const wrong = new Uint8Array(checksumBytes[kind]);
    await expect(site.store.completeUpload(path, { parts, checksum: wrong })).rejects.toMatchObject({
      code: 'request.digest_mismatch',
    });
    const digest = await checksum(kind, piece(1), piece(2));
    const info = await site.store.completeUpload(path, { parts, checksum: digest });
    expect(Buffer.compare(info.checksum?.digest as Uint8Array, digest)).toBe(0);
  });

  test('is none where a part has none', async () => {
    const path = await begin({ kind: 'crc32', type: 'composite' });
    const part = await site.store.putPart(path, 1, bodyOf(piece(1)));
    expect((await complete(path, [{ number: 1, etag: part.etag }])).checksum).toBeUndefined();
  });
});

test('uploads are listed by key and id, in pages, rolled up', async () => {
  const ids = [];
  for (const key of ['a', 'a', 'b/1', 'b/2', 'c'])
    ids.push(await site.store.createUpload('models', key, { headers: noHeaders }));
  const first = await site.store.listUploads('models', { prefix: '', delimiter: '/', after: undefined, limit: 3 });
  expect([first.uploads.map(({ key }) => key), first.commonPrefixes]).toEqual([['a', 'a'], ['b/']]);
  const rest = await site.store.listUploads('models', { prefix: '', delimiter: '/', after: first.next, limit: 3 });
  expect([rest.uploads.map(({ key }) => key), rest.next]).toEqual([['c'], undefined]);
  const one = await site.store.listUploads('models', { prefix: 'a', delimiter: '', after: undefined, limit: 1 });
  const other = await site.store.listUploads('models', { prefix: 'a', delimiter: '', after: one.next, limit: 1 });
  expect([...one.uploads, ...other.uploads].map(({ id }) => id).toSorted()).toEqual(ids.slice(0, 2).toSorted());
});
