import { describe, expect, it } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { isCopysetError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { countDebts } from '../catalog/debts.ts';
import { payDebts } from '../replica/pay-debts.ts';
import type { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { collectGarbage } from './collect/collector.ts';

const noHeaders = { metadata: {} };
/** B of the buckets here. */
const block = 16 * 1024;

async function siteWithBucket(): Promise<MemorySite> {
  const site = await startMemorySite({ volumes: 4 });
  await site.store.createBucket('models');
  return site;
}

async function putBytes(site: MemorySite, key: string, bytes: Uint8Array) {
  return site.store.put('models', key, { body: bodyOf(bytes), headers: noHeaders });
}

describe('the object store over memory drivers', () => {
  it.each([0, 1, block, block + 1, 20 * block + 7])('gives back %d bytes unchanged', async (length) => {
    const site = await siteWithBucket();
    const bytes = seededRandom(length).bytes(length);
    await putBytes(site, 'weights', bytes);
    const reader = await site.store.get('models', 'weights');
    expect(reader.info.bytes).toBe(length);
    expect(Buffer.compare(await readAll(reader), bytes)).toBe(0);
  });

  it('serves ranges across blocks and through a manifest', async () => {
    const site = await siteWithBucket();
    const bytes = seededRandom(7).bytes(18 * block);
    await putBytes(site, 'weights', bytes);
    for (const [first, last] of [
      [0, 0],
      [block - 1, block],
      [5 * block + 3, 9 * block],
      [17 * block, 18 * block - 1],
    ] as const) {
      const reader = await site.store.get('models', 'weights', { range: { kind: 'from', first, last } });
      expect(Buffer.compare(await readAll(reader), bytes.subarray(first, last + 1))).toBe(0);
    }
  });

  it('has MD5 ETags where clients may rely on them and says clearly where not', async () => {
    const site = await siteWithBucket();
    expect((await putBytes(site, 'small', new TextEncoder().encode('hello'))).etag).toBe(
      '5d41402abc4b2a76b9719d911017c592',
    );
    expect((await putBytes(site, 'large', new Uint8Array(65_537))).etag).toMatch(/^[0-9a-f]{32}-1$/);
  });

  it('completes uploads from parts in order and forgets the parts', async () => {
    const site = await siteWithBucket();
    const id = await site.store.createUpload('models', 'big', { headers: noHeaders });
    const path = { bucket: 'models', key: 'big', id };
    const pieces = [seededRandom(1).bytes(6 * block), seededRandom(2).bytes(5 * block), seededRandom(3).bytes(10)];
    const parts = [];
    for (const [index, piece] of pieces.entries()) parts.push(await site.store.putPart(path, index + 1, bodyOf(piece)));
    const info = await site.store.completeUpload(path, { parts: parts.map(({ number, etag }) => ({ number, etag })) });
    expect(info.etag).toMatch(/-3$/);
    expect(Buffer.compare(await readAll(await site.store.get('models', 'big')), Buffer.concat(pieces))).toBe(0);
    await expect(site.store.abortUpload(path)).rejects.toSatisfy((error) => isCopysetError(error, 'not_found'));
  });

  it('never serves a damaged copy, and repairs it', async () => {
    const site = await siteWithBucket();
    const bytes = seededRandom(4).bytes(3 * block);
    await putBytes(site, 'weights', bytes);
    const volumes = site.members.all().map(({ volume }) => volume as MemoryVolume);
    for (const volume of volumes.slice(0, 2)) {
      for (const { address } of await volume.list({ limit: 100 }))
        volume.corrupt(address, (stored) => stored.map((byte, at) => (at === 500 ? byte ^ 1 : byte)));
    }
    for (let reads = 0; reads < 8; reads++)
      expect(Buffer.compare(await readAll(await site.store.get('models', 'weights')), bytes)).toBe(0);
    await site.settle();
    expect(await countDebts(site.kv)).toBeGreaterThan(0);
    await payDebts({ ...site.repair, kv: site.kv }, async () => undefined);
    expect(await countDebts(site.kv)).toBe(0);
  });

  it('collects what nobody refers to, in two phases, and nothing else', async () => {
    const site = await startMemorySite({ volumes: 3, graceMs: 0 });
    await site.store.createBucket('models');
    await putBytes(site, 'kept', seededRandom(5).bytes(2 * block));
    await putBytes(site, 'gone', seededRandom(6).bytes(2 * block));
    await site.store.delete('models', 'gone');
    const collect = () => collectGarbage({ ...site.repair, blocks: site.context.blocks, maxMarks: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await collect()).toMatchObject({ trashed: 2, purged: 0 });
    expect(await collect()).toMatchObject({ trashed: 0, purged: 2 });
    expect(await site.repair.inventory.countBlocks()).toBe(2);
    await readAll(await site.store.get('models', 'kept'));
  });

  it('lists by bytes, rolls up prefixes and pages without gaps', async () => {
    const site = await siteWithBucket();
    const keys = ['a', 'a/b', 'a/c', 'b', 'é', 'ﬁ', '😀', 'z/', 'z/y'];
    for (const key of keys) await putBytes(site, key, new Uint8Array(1));
    const query = { prefix: '', delimiter: '', after: '', limit: 1000 };
    const page = await site.store.list('models', query);
    expect(page.objects.map(({ key }) => key)).toEqual(
      keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    );
    const seen: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const part = await site.store.list('models', { ...query, delimiter: '/', after, limit: 1 });
      seen.push(...part.objects.map(({ key }) => key), ...part.commonPrefixes);
      after = part.next;
    }
    expect(seen).toEqual(['a', 'a/', 'b', 'z/', 'é', 'ﬁ', '😀']);
  });
});
