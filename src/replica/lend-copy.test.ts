import { readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { listBlocks } from '../../test/support/site-blocks.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { systemClock } from '../base/clock.ts';
import type { StoreId, VolumeId } from '../base/ids.ts';
import { libc } from '../base/libc.ts';
import { seededRandom, systemRandom } from '../base/random.ts';
import { ReadMemory } from '../base/read-memory.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import type { Extent, Piece, Slab } from '../object/store.ts';
import { createFileVolume } from '../volume/file/create-file-volume.ts';
import { openFileVolume } from '../volume/file/open-file-volume.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import { sealNamed } from '../volume/stored-form.ts';
import type { Volume } from '../volume/volume.ts';

const storeId = '00000000000000aa' as StoreId;
const content = seededRandom(7).bytes(200_000);

/** What an extent names, as the kernel would send it. */
function readExtent({ span }: Extent): Uint8Array {
  const bytes = new Uint8Array(span.bytes);
  readSync(span.fd, bytes, 0, span.bytes, span.position);
  return bytes;
}

async function openVolume(path: string, volumeId: VolumeId, memory: ReadMemory): Promise<Volume> {
  const disk = openNodeDisk(path);
  await createFileVolume({ disk, storeId, volumeId, clock: systemClock, random: systemRandom });
  return openFileVolume({ disk, storeId, clock: systemClock, memory });
}

describe.runIf(libc !== undefined)('a copy is lent', () => {
  let root: string;
  let site: MemorySite;
  let nowMs: number;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-lend-'));
    nowMs = 0;
    const readMemory = new ReadMemory({ maxFreeBytes: 2 ** 20 });
    site = await startMemorySite({
      volumes: 1,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      readMemory,
      openVolume: (id) => openVolume(join(root, id), id, readMemory),
      bucketDefaults: { copies: 1, writeQuorum: 1, blockBytes: 2 ** 20 },
    });
    await site.store.createBucket('bucket');
    await site.store.put('bucket', 'key', { body: bodyOf(content), headers: { metadata: {} } });
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

  /** The one piece, if it is an extent; given back. */
  async function lent(range?: { first: number; last: number }): Promise<Uint8Array | undefined> {
    const [piece] = (await piecesOf(range)) as [Piece];
    const bytes = 'span' in piece ? readExtent(piece) : undefined;
    piece.release();
    return bytes;
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
      nowMs += 100_000; // too late to be lent
      return (await piecesOf())[0] as Slab;
    };
    const [first, second] = [await slabOf(), await slabOf()];
    expect([first.bytes.buffer === second.bytes.buffer, readMemory.freeBytes]).toEqual([false, 0]);
    first.abandon?.();
    expect(readMemory.freeBytes).toBe(0);
    second.release();
    expect(readMemory.freeBytes).toBeGreaterThan(content.byteLength);
    const third = await slabOf();
    expect([third.bytes.buffer === second.bytes.buffer, readMemory.freeBytes]).toEqual([true, 0]);
    expect([third.bytes, first.bytes]).toEqual([content, content]);
    third.release();
    expect(site.context.memory.inUse).toBe(0);
  });

  test('and what has left the memory before it was sent is read and verified', async () => {
    await read();
    const [piece] = (await piecesOf()) as [Extent];
    const rest = await piece.rest(70_000);
    expect(rest.bytes).toEqual(content.subarray(70_000));
    expect(site.context.memory.inUse).toBe(130_000);
    rest.release();
    piece.release();
    expect(site.context.memory.inUse).toBe(0);
  });
});
