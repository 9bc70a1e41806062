import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { newFileVolume, readExtent } from '../../test/support/file-volumes.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { listBlocks } from '../../test/support/site-blocks.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { systemClock } from '../base/clock.ts';
import type { VolumeId } from '../base/ids.ts';
import { libc } from '../base/libc.ts';
import { seededRandom } from '../base/random.ts';
import { ReadMemory } from '../base/read-memory.ts';
import type { Extent, Piece, Slab } from '../object/store.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import { sealNamed } from '../volume/stored-form.ts';
import type { Volume } from '../volume/volume.ts';

const content = seededRandom(7).bytes(200_000);

async function restOf(extent: Extent, sent: number): Promise<Slab> {
  const [slab] = await Array.fromAsync(extent.rest(sent));
  return slab as Slab;
}

async function segmentPaths(volume: string): Promise<string[]> {
  const names = await readdir(join(volume, 'segments'));
  return names.filter((name) => name.endsWith('.seg')).map((name) => join(volume, 'segments', name));
}

describe.runIf(libc !== undefined)('a copy is lent', () => {
  let root: string;
  let site: MemorySite;
  let nowMs: number;
  let reads: number;

  async function countingVolume(id: VolumeId, memory: ReadMemory): Promise<Volume> {
    const volume = await newFileVolume(join(root, id), id, memory);
    const read = volume.read.bind(volume);
    volume.read = (...args) => {
      reads += 1;
      return read(...args);
    };
    const readNow = volume.readNow?.bind(volume);
    volume.readNow = (...args) => {
      reads += 1;
      return readNow?.(...args) ?? false;
    };
    return volume;
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-lend-'));
    nowMs = 0;
    reads = 0;
    const readMemory = new ReadMemory({ maxFreeBytes: 2 ** 20 });
    site = await startMemorySite({
      volumes: 1,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      readMemory,
      openVolume: (id) => countingVolume(id, readMemory),
      bucketDefaults: { copies: 1, writeQuorum: 1, blockBytes: 2 ** 20 },
    });
    await site.store.createBucket('bucket');
    await site.store.put('bucket', 'key', { body: bodyOf(content), headers: { metadata: {} } });
    await readAll(await site.store.get('bucket', 'key')); // opens the segment: of a closed one nothing is known
  });
  afterEach(async () => {
    await volume().close();
    await rm(root, { recursive: true });
  });

  const volume = () => site.members.all()[0]?.volume as Volume;
  const blockOf = async () => (await listBlocks(site))[0] as BlockAddress;

  async function piecesOf(range?: { first: number; last: number }): Promise<Piece[]> {
    const asked = range === undefined ? {} : { range: { kind: 'from', ...range } as const };
    const pieces: Piece[] = [];
    for await (const piece of (await site.store.get('bucket', 'key', asked)).pieces) pieces.push(piece);
    return pieces;
  }

  /** The bytes of the one piece, if nothing was read for it. */
  async function lent(range?: { first: number; last: number }): Promise<Uint8Array | undefined> {
    const before = reads;
    const [piece] = (await piecesOf(range)) as [Piece];
    const bytes = 'span' in piece ? readExtent(piece) : Uint8Array.from(piece.bytes);
    piece.release();
    const { first = 0, last = content.byteLength - 1 } = range ?? {};
    expect(bytes).toEqual(content.subarray(first, last + 1));
    return reads === before ? bytes : undefined;
  }

  const read = async () => expect(await readAll(await site.store.get('bucket', 'key'))).toEqual(Buffer.from(content));

  test('once it was read and verified, whole and in ranges', async () => {
    expect(await lent()).toBeUndefined();
    expect(await lent()).toEqual(content);
    expect(await lent({ first: 1000, last: 190_999 })).toEqual(content.subarray(1000, 191_000));
  });

  test('but not what is small, and none of the chunks that were not read', async () => {
    expect(await lent({ first: 0, last: 99_999 })).toBeUndefined();
    expect(await lent({ first: 0, last: 99_999 })).toEqual(content.subarray(0, 100_000));
    expect(await lent({ first: 0, last: 150_000 })).toBeUndefined();
    expect(await lent({ first: 0, last: 999 })).toBeUndefined();
  });

  test('for as long as its verification counts', async () => {
    await read();
    nowMs += 60_000;
    expect(await lent()).toEqual(content);
    nowMs += 1;
    expect(await lent()).toBeUndefined();
    expect(await lent()).toEqual(content);
  });

  test('not when it was written anew, until that was read', async () => {
    await read();
    const address = await blockOf();
    const bytes = await readWholeBlock(volume(), address);
    await volume().put(sealNamed(address.name, [bytes], address.classId), { replace: true });
    expect(await lent()).toBeUndefined();
    expect(await lent()).toEqual(content);
  });

  test('not when somebody wrote to its file, and what was damaged is never given out', async () => {
    await read();
    expect(await lent()).toEqual(content);
    const [path] = await segmentPaths(join(root, volume().id));
    const file = await open(path as string, 'r+');
    const { size } = await file.stat();
    const all = Buffer.alloc(size);
    await file.read(all, 0, size, 0);
    const at = all.indexOf(content.subarray(100_000, 100_100));
    await file.write(Buffer.of((all[at] as number) ^ 1), 0, 1, at);
    await file.close();
    await expect(piecesOf()).rejects.toMatchObject({ code: 'block.unavailable' });
  });

  test('and stays readable when its block is deleted meanwhile', async () => {
    await read();
    const [piece] = (await piecesOf()) as [Extent];
    const address = await blockOf();
    await volume().delete(address);
    expect([volume().placeOf?.(address), volume().lend?.(address, { from: 0, to: 1 })]).toEqual([undefined, undefined]);
    expect(readExtent(piece)).toEqual(content);
    piece.release();
  });

  test('and keeps a volume from closing its file until it is given back', async () => {
    await read();
    const [piece] = (await piecesOf()) as [Extent];
    const address = await blockOf();
    const events: string[] = [];
    const closing = volume()
      .close()
      .then(() => events.push('closed'));
    await systemClock.sleep(50);
    expect(readExtent(piece)).toEqual(content);
    events.push('released');
    piece.release();
    await closing;
    expect(events).toEqual(['released', 'closed']);
    expect(volume().lend?.(address, { from: 0, to: 1 })).toBeUndefined();
  });

  test('and what is read, is read into memory that was given back, not into what was abandoned', async () => {
    const { readMemory } = site.context;
    const slabOf = async () => {
      const [piece] = (await piecesOf()) as [Extent];
      piece.release();
      return restOf(piece, 0);
    };
    await read();
    const [first, second] = [await slabOf(), await slabOf()];
    expect(first.bytes.buffer === second.bytes.buffer).toBe(false);
    const free = readMemory.freeBytes;
    first.abandon?.();
    expect(readMemory.freeBytes).toBe(free);
    second.release();
    expect(readMemory.freeBytes).toBeGreaterThan(free + content.byteLength);
    const third = await slabOf();
    expect([third.bytes.buffer === second.bytes.buffer, readMemory.freeBytes]).toEqual([true, free]);
    expect([third.bytes, first.bytes]).toEqual([content, content]);
    third.release();
    expect(site.context.memory.inUse).toBe(0);
  });

  test('and what has left the memory before it was sent is read and verified', async () => {
    await read();
    const [piece] = (await piecesOf()) as [Extent];
    const rest = await restOf(piece, 70_000);
    expect(rest.bytes).toEqual(content.subarray(70_000));
    expect(site.context.memory.inUse).toBe(130_000);
    rest.release();
    piece.release();
    expect(site.context.memory.inUse).toBe(0);
  });
});
