import { describe, expect, test } from 'vitest';
import type { Disk } from '../../disk/disk.ts';
import { withoutDirect } from '../../disk/faults/without-direct.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { storedBytesOf } from '../stored-form.ts';
import { encodeFrameHeader, frameBytesOf, segmentSeed } from './frame.ts';
import { segmentPath } from './paths.ts';
import { blockOf, blocksOf, readable, Trial } from './trial.conformance.ts';

/** Of a block of 1,000 bytes. */
const frameBytes = frameBytesOf({ storedBytes: storedBytesOf(1000) });

describe('a segment that is written directly', () => {
  async function direct() {
    const trial = await Trial.create({}, new MemoryDisk({ direct: true }));
    return { trial, volume: await trial.open(), blocks: blocksOf(4) };
  }

  test('has its header and each group in whole blocks of the device', async () => {
    const { trial, volume, blocks } = await direct();
    for (const block of blocks.slice(0, 2)) await volume.put(block);
    await Promise.all([2, 3].map((at) => volume.put(blockOf(at))));
    expect(await trial.files()).toEqual({ '00000001.seg': 4 * 4096 });
    expect((await volume.usage()).usedBytes).toBe(4 * 4096);
    const bytes = await trial.bytesOf(1);
    const starts = [4096, 2 * 4096, 3 * 4096, 3 * 4096 + frameBytes];
    expect(starts.map((at) => bytes.toString('latin1', at, at + 4))).toEqual(Array(4).fill('CSF1'));
    expect(bytes.subarray(4096 + frameBytes, 2 * 4096).every((byte) => byte === 0)).toBe(true);
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toEqual([0, 1, 2, 3]);
    expect(await trial.files()).toEqual({ '00000001.seg': 4 * 4096 });
  });

  test('is known by its sidecar after a close, its padding too', async () => {
    const { trial, volume, blocks } = await direct();
    for (const block of blocks) await volume.put(block);
    await volume.close();
    const before = trial.schedule.calls.get('read') ?? 0;
    expect(await readable(await trial.open(), [])).toEqual([]);
    const [identity, trialOfDirect, sidecar] = [1, 1, 1];
    expect((trial.schedule.calls.get('read') ?? 0) - before).toBe(identity + trialOfDirect + sidecar);
  });

  test('keeps nothing of a torn frame, which would hide those that are written over its end', async () => {
    const { trial, volume, blocks } = await direct();
    await volume.put(blockOf(0));
    const torn = { kind: 'put', address: new Uint8Array(36), segment: 1, position: 4096 + frameBytes } as const;
    const seed = segmentSeed(volume.identity.incarnation, 1);
    trial.kill();
    const header = encodeFrameHeader({ ...torn, storedBytes: 8000, sequence: 99, writtenAtMs: 0 }, seed);
    trial.memory.corrupt(segmentPath(1), torn.position, header);
    const again = await trial.open();
    for (const block of blocks.slice(1)) await again.put(block);
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ['from a disk that cannot', (disk: Disk) => withoutDirect(disk), (disk: Disk) => disk],
    ['on a disk that cannot any more', (disk: Disk) => disk, (disk: Disk) => withoutDirect(disk)],
  ])('goes on %s, after a close as after a kill', async (_, first, second) => {
    for (const end of ['close', 'kill'] as const) {
      const { trial, volume, blocks } = await direct();
      await volume.close();
      trial.disk = first(trial.disk);
      const before = await trial.open();
      for (const block of blocks.slice(0, 2)) await before.put(block);
      if (end === 'close') await before.close();
      trial.kill();
      trial.disk = second(trial.disk);
      const after = await trial.open();
      for (const block of blocks.slice(2)) await after.put(block);
      const { usedBytes } = await after.usage();
      expect(usedBytes).toBe(Object.values(await trial.files()).reduce((sum, bytes) => sum + bytes, 0));
      trial.kill();
      expect(await readable(await trial.open(), blocks)).toEqual([0, 1, 2, 3]);
      expect(Object.keys(await trial.files())).toContain('00000001.seg');
      expect(Object.keys(await trial.files())).not.toContain('00000002.seg');
    }
  });
});
