import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyOf } from '../../../test/support/bodies.ts';
import { newFileVolume } from '../../../test/support/file-volumes.ts';
import { forgetPage, forgetPages } from '../../../test/support/forget-pages.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { readsAtOnce } from '../../../test/support/reads-at-once.ts';
import type { VolumeId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import { ReadMemory } from '../../base/read-memory.ts';
import { scanDebts } from '../../catalog/debts.ts';
import type { Piece, Slab } from '../store.ts';
import { residentSlabBytes } from './tiers.ts';

const blockBytes = 4 * residentSlabBytes;
const slabs = 8;
/** A block, and most of another. */
const content = seededRandom(5).bytes(2 * blockBytes - 12_345);

describe.runIf(readsAtOnce())('where every read is verified, what the kernel has in memory', () => {
  let root: string;
  let site: MemorySite;

  async function start(copies: number): Promise<void> {
    const readMemory = new ReadMemory({ maxFreeBytes: 2 ** 22 });
    site = await startMemorySite({
      volumes: copies,
      readMemory,
      verifiedMs: 0,
      openVolume: (id) => newFileVolume(join(root, id), id, readMemory),
      bucketDefaults: { copies, writeQuorum: copies, blockBytes },
    });
    await site.store.createBucket('bucket');
    await site.store.put('bucket', 'key', { body: bodyOf(content), headers: { metadata: {} } });
    await readEachCopy();
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-resident-'));
  });
  afterEach(async () => {
    for (const { volume } of site.members.all()) await volume?.close();
    await rm(root, { recursive: true });
  });

  /** Now all of them are in memory, in segments that are open. */
  async function readEachCopy(): Promise<void> {
    for (const { volume } of site.members.all())
      for (const { address } of (await volume?.list({ limit: 10 })) ?? []) await volume?.read(address);
  }

  const get = (first = 0, last = content.byteLength - 1) =>
    site.store.get('bucket', 'key', { range: { kind: 'from', first, last } });

  /** Their sizes, each given back before the next is drawn. */
  async function slabsOf(pieces: AsyncIterable<Piece>, first = 0): Promise<number[]> {
    const sizes: number[] = [];
    let at = first;
    for await (const piece of pieces) {
      const { bytes } = piece as Slab;
      expect(Buffer.compare(bytes, content.subarray(at, at + bytes.byteLength))).toBe(0);
      at += bytes.byteLength;
      sizes.push(bytes.byteLength);
      piece.release();
    }
    expect(site.context.memory.inUse).toBe(0);
    return sizes;
  }

  async function segmentPaths(id: VolumeId): Promise<string[]> {
    const names = await readdir(join(root, id, 'segments'));
    return names.filter((name) => name.endsWith('.seg')).map((name) => join(root, id, 'segments', name));
  }

  /** Where a byte of the content lies on the disk of a volume. */
  async function placeOf(id: VolumeId, at: number): Promise<{ path: string; position: number }> {
    const [path] = (await segmentPaths(id)) as [string];
    return { path, position: (await readFile(path)).indexOf(content.subarray(at, at + 100)) };
  }

  async function damage(id: VolumeId, at: number): Promise<void> {
    const { path, position } = await placeOf(id, at);
    const file = await open(path, 'r+');
    await file.write(Buffer.of((content[at] as number) ^ 1), 0, 1, position);
    await file.close();
  }

  test('comes in small slabs, each verified, none across chunks of another', async () => {
    await start(1);
    const full = new Array<number>(slabs - 1).fill(residentSlabBytes);
    expect(await slabsOf((await get()).pieces)).toEqual([...full, residentSlabBytes - 12_345]);
    const ranged = [residentSlabBytes - 100, residentSlabBytes, 100];
    expect(await slabsOf((await get(100, 2 * residentSlabBytes + 99)).pieces, 100)).toEqual(ranged);
  });

  test('is at hand where one slab holds it, and is not small', async () => {
    await start(1);
    const atHand = async (first: number, last: number) => {
      const piece = (await get(first, last)).atHand();
      piece?.release();
      return (piece as Slab | undefined)?.bytes.byteLength;
    };
    expect(await atHand(0, residentSlabBytes - 1)).toBe(residentSlabBytes);
    expect(await atHand(blockBytes, blockBytes + 99_999)).toBe(100_000);
    expect(await atHand(1, residentSlabBytes)).toBeUndefined();
    expect(await atHand(0, 9_999)).toBeUndefined();
    expect(site.context.memory.inUse).toBe(0);
  });

  test('is followed by what has to be read', async () => {
    await start(1);
    const pieces = (await get()).pieces[Symbol.asyncIterator]();
    const { value: first } = (await pieces.next()) as { value: Slab };
    for (const { entry } of site.members.all()) (await segmentPaths(entry.id)).forEach(forgetPages);
    first.release();
    const rest = { [Symbol.asyncIterator]: () => pieces };
    const sizes = await slabsOf(rest, residentSlabBytes);
    expect(sizes[0]).toBe(blockBytes - residentSlabBytes);
    expect(await slabsOf((await get()).pieces)).toHaveLength(2); // what had left already is read from the disk
    expect(await slabsOf((await get()).pieces)).toHaveLength(slabs);
  });

  test('is fetched as a whole where its end is not there, as the kernel reads ahead', async ({ skip }) => {
    await start(1);
    const { path, position } = await placeOf(site.members.all()[0]?.entry.id as VolumeId, blockBytes - 1000);
    if (!forgetPage(path, position)) skip('this kernel keeps pages in larger pieces');
    const sizes = await slabsOf((await get()).pieces);
    expect(sizes.slice(0, 2)).toEqual([blockBytes, residentSlabBytes]);
  });

  test('waits for memory as all else', async () => {
    await start(1);
    const all = site.context.memory.tryAcquire(site.context.memory.mostBytes);
    expect((await get(0, 99_999)).atHand()).toBeUndefined();
    const pieces = (await get()).pieces[Symbol.asyncIterator]();
    const first = pieces.next();
    await new Promise(setImmediate);
    all?.release();
    expect(((await first).value as Slab).bytes.byteLength).toBe(blockBytes);
    ((await first).value as Slab).release();
    await pieces.return?.();
    await vi.waitFor(() => expect(site.context.memory.inUse).toBe(0)); // what was fetched behind it
  });

  test('is never given out damaged: another copy is read, and the bad one is owed', async () => {
    await start(2);
    const [one, other] = site.members.all().map(({ entry }) => entry.id) as [VolumeId, VolumeId];
    await damage(one, residentSlabBytes + 300_000);
    await damage(other, 100_000);
    await readEachCopy();
    await slabsOf((await get()).pieces);
    await site.settle();
    const owed = await Array.fromAsync(scanDebts(site.kv), ({ record }) => record.volumes);
    expect([[one], [other]]).toContainEqual(owed.flat()); // of the one that was asked first
  });

  test('is not given out where each copy is damaged in the same chunk', async () => {
    await start(2);
    for (const { entry } of site.members.all()) await damage(entry.id, residentSlabBytes + 300_000);
    await readEachCopy();
    await expect(slabsOf((await get()).pieces)).rejects.toMatchObject({ code: 'block.unavailable' });
    expect(site.context.memory.inUse).toBe(0);
  });

  test('gives its memory back when its reader goes away', async () => {
    await start(1);
    for (const drawn of [0, 1, 2, 5]) {
      const pieces = (await get()).pieces[Symbol.asyncIterator]();
      for (let index = 0; index < drawn; index++) ((await pieces.next()).value as Slab).release();
      await pieces.return?.();
      await new Promise(setImmediate);
      expect(site.context.memory.inUse).toBe(0);
    }
  });
});
