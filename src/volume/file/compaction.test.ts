import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { type SealedBlock, storedBytesOf } from '../stored-form.ts';
import type { FileVolume } from './file-volume.ts';
import { frameBytesOf, frameHeaderBytes } from './frame.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import { blockOf, blocksOf, moments, readable, Trial } from './trial.conformance.ts';

const frameBytes = frameBytesOf({ storedBytes: storedBytesOf(1000) });
/** Ten blocks of 1,000 bytes to a segment. */
const limits = {
  segmentBytes: segmentHeaderBytes + 10 * frameBytes,
  maxGarbageShare: 0.5,
  minGarbageBytes: 4000,
  batchBytes: 3000,
};

/** Positions of the frames in their segments follow from the order of the puts. */
async function putInOrder(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<void> {
  for (const block of blocks) await volume.put(block);
}

function positionOf(at: number): number {
  return segmentHeaderBytes + (at % 10) * frameBytes;
}

async function opened(count: number) {
  const trial = await Trial.create(limits);
  const volume = await trial.open();
  const blocks = blocksOf(count);
  await putInOrder(volume, blocks);
  return { trial, volume, blocks };
}

async function deleteAll(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<void> {
  await Promise.all(blocks.map(({ address }) => volume.delete(address)));
}

describe('compaction', () => {
  test('keeps what is used below twice what lives, after nine of ten blocks are deleted', async () => {
    const { trial, volume, blocks } = await opened(300);
    const [kept, deleted] = [blocks.filter((_, at) => at % 10 === 3), blocks.filter((_, at) => at % 10 !== 3)];
    await deleteAll(volume, deleted);
    await volume.compact();
    const { liveBytes, usedBytes } = await volume.usage();
    const onDisk = Object.values(await trial.files()).reduce((sum, bytes) => sum + bytes, 0);
    expect(usedBytes).toBe(onDisk);
    expect(usedBytes).toBeLessThan(2 * liveBytes);
    expect(await readable(volume, kept)).toHaveLength(30);
    await volume.close();
    const again = await trial.open();
    expect(await readable(again, blocks)).toEqual(blocks.map((_, at) => at).filter((at) => at % 10 === 3));
    expect(await again.usage()).toMatchObject({ blocks: 30, liveBytes });
  });

  test('runs of itself, and not without need', async () => {
    const { trial, volume, blocks } = await opened(100);
    const before = await trial.files();
    await deleteAll(volume, blocks.slice(0, 20));
    await moments(2000);
    expect(Object.keys(await trial.files())).toEqual(expect.arrayContaining(Object.keys(before)));
    await deleteAll(volume, blocks.slice(20, 60));
    await moments(2000);
    expect(Object.keys(await trial.files())).not.toContain('00000001.seg');
  });

  test('leaves nothing of a volume that is emptied but little', async () => {
    const { trial, volume, blocks } = await opened(100);
    await deleteAll(volume, blocks);
    await volume.compact();
    expect((await volume.usage()).usedBytes).toBeLessThan(3 * limits.minGarbageBytes);
    trial.kill();
    expect(await (await trial.open()).usage()).toMatchObject({ blocks: 0, liveBytes: 0 });
  });

  test('of many rounds of puts and deletes keeps no tombstone for ever', async () => {
    const { trial, volume, blocks } = await opened(30);
    for (let round = 0; round < 60; round++) {
      const passing = Array.from({ length: 20 }, (_, at) => blockOf(1000 + round * 20 + at, 300));
      await putInOrder(volume, passing);
      await deleteAll(volume, passing);
    }
    await volume.compact();
    const { usedBytes, liveBytes } = await volume.usage();
    expect(usedBytes).toBeLessThan(2 * liveBytes);
    expect(Object.keys(await trial.files()).length).toBeLessThan(15);
    expect(await readable(volume, blocks)).toHaveLength(30);
  });

  test('removes no segment before its copies are durable', async () => {
    const { trial, volume, blocks } = await opened(20);
    trial.schedule.force('sync', 'hang', 2); // the first is of the deletes
    await deleteAll(volume, blocks.slice(0, 9));
    await moments(1000);
    expect(trial.schedule.fired.get('sync:hang')).toBe(1);
    expect(Object.keys(await trial.files())).toContain('00000001.seg');
    trial.schedule.release();
    await volume.compact();
    expect(Object.keys(await trial.files())).not.toContain('00000001.seg');
    expect(await readable(volume, blocks.slice(9))).toHaveLength(11);
  });

  test('removes segments for good: what it forgot of them does not come back with them', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { trial, volume: filled, blocks } = await opened(20);
      await filled.close();
      const volume = await trial.open({ minGarbageBytes: 0 });
      await deleteAll(volume, blocks);
      await volume.compact();
      expect(await trial.files()).toEqual({});
      trial.boot(trial.memory.powerCut(seededRandom(seed)));
      expect(await (await trial.open()).usage()).toMatchObject({ blocks: 0 });
    }
  });

  test('does not disturb a reader that holds the segment open', async () => {
    const { trial, volume, blocks } = await opened(20);
    trial.schedule.force('read', 'hang');
    const reading = volume.read((blocks[9] as SealedBlock).address);
    await moments(50);
    await deleteAll(volume, blocks.slice(0, 9));
    await volume.compact();
    expect(Object.keys(await trial.files())).not.toContain('00000001.seg');
    trial.schedule.release();
    expect((await reading).byteLength).toBe(storedBytesOf(1000));
  });

  test('does not hide a block from who reads all the time', async () => {
    const { volume, blocks } = await opened(100);
    const kept = blocks.filter((_, at) => at % 10 === 0);
    const deleting = deleteAll(
      volume,
      blocks.filter((_, at) => at % 10 !== 0),
    );
    for (let rounds = 0; rounds < 30; rounds++) expect(await readable(volume, kept)).toHaveLength(10);
    await deleting;
    await volume.compact();
    expect(await readable(volume, kept)).toHaveLength(10);
  });

  test('copies nothing damaged: it reports the block, which is missing then, for good', async () => {
    const { trial, volume, blocks } = await opened(20);
    await trial.damage(1, positionOf(8) + frameHeaderBytes + 500);
    await deleteAll(volume, blocks.slice(0, 8));
    await volume.compact();
    expect(trial.damaged).toEqual([blocks[8]?.address]);
    expect(Object.keys(await trial.files())).not.toContain('00000001.seg');
    await expect(volume.read((blocks[8] as SealedBlock).address)).rejects.toMatchObject({ code: 'block.missing' });
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test('does not take a repaired block for damaged', async () => {
    const { trial, volume, blocks } = await opened(20);
    await trial.damage(1, positionOf(8) + frameHeaderBytes + 500);
    const repairing = volume.put(blocks[8] as SealedBlock, { replace: true });
    await deleteAll(volume, blocks.slice(0, 8));
    await repairing;
    await volume.compact();
    expect(trial.damaged).toEqual([]);
    expect(await readable(volume, blocks.slice(8))).toHaveLength(12);
  });

  test('saves a block whose frame header alone is damaged, though a scan does not find it', async () => {
    const { trial, volume, blocks } = await opened(20);
    await trial.damage(1, positionOf(8) + 5);
    await trial.memory.remove('segments/00000001.idx');
    await deleteAll(volume, blocks.slice(0, 8));
    await volume.compact();
    expect(trial.damaged).toEqual([]);
    expect(await readable(volume, blocks.slice(8))).toHaveLength(12);
    trial.kill();
    expect(await readable(await trial.open(), blocks.slice(8))).toHaveLength(12);
  });

  test('need not find a frame header damaged: a read of the whole block does, and repair mends it', async () => {
    const { trial, volume, blocks } = await opened(20);
    const block = blocks[8] as SealedBlock;
    await trial.damage(1, positionOf(8) + 5);
    expect(await volume.read(block.address, { from: 0, to: 10 })).toHaveLength(10);
    await expect(volume.read(block.address)).rejects.toMatchObject({ code: 'block.damaged' });
    await volume.put(block, { replace: true });
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toHaveLength(20);
  });

  test('leaves a segment that cannot be read where it is, until repair has replaced its blocks', async () => {
    const { trial, volume, blocks } = await opened(20);
    const [bad, other] = [blocks[8] as SealedBlock, blocks[9] as SealedBlock];
    const open = trial.schedule.calls.get('open') ?? 0;
    await deleteAll(volume, blocks.slice(0, 7));
    trial.schedule.force('read', 'error', 2);
    trial.schedule.force('read', 'error', 3);
    await volume.delete((blocks[7] as SealedBlock).address);
    await volume.compact();
    expect(trial.schedule.calls.get('open')).toBeGreaterThan(open);
    expect(trial.problems.map(({ code }) => code)).toContain('disk.io');
    expect(trial.damaged.length).toBeGreaterThan(0);
    expect(Object.keys(await trial.files())).toContain('00000001.seg');
    expect(await readable(volume, [bad, other])).toEqual([0, 1]);
    await volume.put(bad, { replace: true });
    await volume.compact();
    expect(Object.keys(await trial.files())).not.toContain('00000001.seg');
    expect(await readable(volume, blocks.slice(8))).toHaveLength(12);
  });

  test('stops when the volume closes, and goes on after the next start', async () => {
    const { trial, volume, blocks } = await opened(100);
    await deleteAll(volume, blocks.slice(0, 60));
    await volume.close();
    const again = await trial.open();
    await again.compact();
    expect(await readable(again, blocks)).toHaveLength(40);
    expect((await again.usage()).usedBytes).toBeLessThan(2 * (await again.usage()).liveBytes);
  });

  test('pauses, so that it copies no faster than allowed', async () => {
    const pauses: number[] = [];
    const { trial, volume, blocks } = await opened(40);
    await volume.close();
    const clock = {
      wallMs: () => 0,
      monotonicMs: () => 0,
      sleep: async (ms: number) => void pauses.push(ms),
    };
    const paced = await trial.open({ bytesPerSecond: 1000 }, clock);
    await deleteAll(
      paced,
      blocks.filter((_, at) => at % 10 > 2),
    );
    await paced.compact();
    const copied = pauses.reduce((sum, ms) => sum + ms, 0);
    expect(copied).toBeGreaterThanOrEqual(3 * frameBytes);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(limits.batchBytes + frameBytes);
  });
});

describe('compaction of what is written directly', () => {
  const directLimits = { segmentBytes: 64 * 4096, maxGarbageShare: 0.5, minGarbageBytes: 8 * 4096, batchBytes: 65_536 };

  async function openedDirect(count: number) {
    const trial = await Trial.create(directLimits, new MemoryDisk({ direct: true }));
    const volume = await trial.open();
    const blocks = blocksOf(count);
    await putInOrder(volume, blocks);
    return { trial, volume, blocks };
  }

  test('brings groups of one small block together, and comes to an end', async () => {
    const { trial, volume, blocks } = await openedDirect(400);
    await volume.compact();
    const { usedBytes, liveBytes } = await volume.usage();
    expect(usedBytes).toBeLessThan(2 * liveBytes);
    expect(await readable(volume, blocks)).toHaveLength(400);
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toHaveLength(400);
  });

  test('keeps what is used below twice what lives, though each delete was a group of its own', async () => {
    const { volume, blocks } = await openedDirect(1000);
    for (const [at, { address }] of blocks.entries()) if (at % 10 !== 3) await volume.delete(address);
    await volume.compact();
    const { usedBytes, liveBytes } = await volume.usage();
    expect(usedBytes).toBeLessThan(2 * liveBytes);
    expect(await readable(volume, blocks)).toHaveLength(100);
  });

  test.each([1, 2, 7])('of a volume of %d small blocks comes to an end', async (count) => {
    const { trial, volume, blocks } = await openedDirect(count);
    const tight = await (async () => {
      await volume.close();
      return trial.open({ minGarbageBytes: 0, maxGarbageShare: 0, tightBytes: Number.POSITIVE_INFINITY });
    })();
    await tight.put(blockOf(1000));
    await tight.compact();
    expect(await readable(tight, blocks)).toHaveLength(count);
    const files = await trial.files();
    await tight.compact();
    expect(await trial.files()).toEqual(files);
  });
});
