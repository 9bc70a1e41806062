import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import type { StoreId } from '../../base/ids.ts';
import { systemRandom } from '../../base/random.ts';
import type { Disk } from '../../disk/disk.ts';
import { withDiskFaults } from '../../disk/faults/faulty-disk.ts';
import { limitDisk } from '../../disk/limit.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import { volumeConformance } from '../volume.conformance.ts';
import { createFileVolume } from './create-file-volume.ts';
import type { FileVolume } from './file-volume.ts';
import { openFileVolume } from './open-file-volume.ts';
import { blockOf, moments } from './trial.conformance.ts';

const storeId = '00000000000000aa' as StoreId;

async function newVolume(disk: Disk): Promise<FileVolume> {
  await createFileVolume({ disk, storeId, clock: systemClock, random: systemRandom });
  return openFileVolume({ disk, storeId, clock: systemClock, gather: nextTurn });
}

for (const direct of [false, true]) {
  volumeConformance(`the file volume over a memory disk${direct ? ', directly' : ''}`, async () => {
    const disk = new MemoryDisk({ direct });
    const volume = await newVolume(disk);
    return { volume, setCapacity: (bytes) => disk.setCapacity(bytes), dispose: () => volume.close() };
  });
}

volumeConformance('the file volume over a node disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'copyset-volume-'));
  const volume = await newVolume(openNodeDisk(root));
  const dispose = async () => {
    await volume.close();
    await rm(root, { recursive: true });
  };
  return { volume, dispose };
});

test('a root that vanishes behind the look at it makes a volume that is gone', async () => {
  const disk = limitDisk(new MemoryDisk(), { maxInFlight: 4, maxWaiters: 100 });
  let isGone = false;
  const space: Disk['space'] = (options) =>
    isGone ? Promise.reject(new CopysetError('disk.not_found', 'it is not there')) : disk.space(options);
  const volume = await newVolume({ ...disk, space });
  expect((await volume.usage()).blocks).toBe(0);
  isGone = true;
  await expect(volume.usage()).rejects.toMatchObject({ code: 'volume.gone' });
});

test('small blocks of one turn share one sync, a large one waits for nobody', async () => {
  const schedule = new FaultSchedule({ seed: 1 });
  const volume = await newVolume(withDiskFaults(new MemoryDisk(), { schedule, clock: systemClock }));
  const syncs = () => schedule.calls.get('sync') ?? 0;
  const before = syncs();
  const first = volume.put(blockOf(1));
  await moments(100);
  await Promise.all([first, volume.put(blockOf(2))]);
  expect(syncs() - before).toBe(1);
  const large = volume.put(blockOf(3, 256 * 1024));
  await moments(100);
  await Promise.all([large, volume.put(blockOf(4))]);
  expect(syncs() - before).toBe(3);
});
