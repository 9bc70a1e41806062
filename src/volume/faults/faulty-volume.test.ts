import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { type Fault, FaultSchedule } from '../../base/fault-schedule.ts';
import type { VolumeId } from '../../base/ids.ts';
import { MemoryVolume } from '../memory/memory-volume.ts';
import { readWholeBlock } from '../read-block.ts';
import { sealBlock } from '../stored-form.ts';
import { volumeConformance } from '../volume.conformance.ts';
import type { Volume } from '../volume.ts';
import { withVolumeFaults } from './faulty-volume.ts';

function newMemory(): MemoryVolume {
  return new MemoryVolume({ id: '0123456789abcdef' as VolumeId, clock: systemClock });
}

volumeConformance('the faults wrapper without faults', async () => {
  const memory = newMemory();
  const volume = withVolumeFaults(memory, { schedule: new FaultSchedule({ seed: 1 }), clock: systemClock });
  return { volume, setCapacity: (bytes) => memory.setCapacity(bytes), dispose: () => volume.close() };
});

describe('the faults wrapper', () => {
  const block = sealBlock([new Uint8Array(1000).fill(7)], 3, 'blake3');
  const other = sealBlock([new Uint8Array(1000).fill(8)], 3, 'blake3');
  let memory: MemoryVolume;
  let schedule: FaultSchedule;
  let volume: Volume;

  beforeEach(async () => {
    memory = newMemory();
    await memory.put(block);
    schedule = new FaultSchedule({ seed: 1, maxDelayMs: 3 });
    volume = withVolumeFaults(memory, { schedule, clock: systemClock });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['put', () => volume.put(other)],
    ['read', () => volume.read(block.address)],
    ['stat', () => volume.stat(block.address)],
    ['delete', () => volume.delete(block.address)],
    ['list', () => volume.list({ limit: 9 })],
    ['usage', () => volume.usage()],
    ['check', () => volume.check()],
  ])('%s can fail, and nothing happened; be slow; hang until its signal', async (operation, call) => {
    schedule.force(operation, 'error');
    await expect(call()).rejects.toMatchObject({ code: 'disk.io' });
    expect(await memory.usage()).toMatchObject({ blocks: 1 });
    schedule.force(operation, 'hang');
    const hung = call();
    schedule.release();
    await hung;
    schedule.force(operation, 'delay');
    await call();
    expect([...schedule.fired.values()]).toEqual([1, 1, 1]);
  });

  test.each<[Fault, string, number]>([
    ['full', 'disk.full', 1],
    ['torn', 'disk.io', 1],
    ['unknown', 'disk.io', 2],
  ])('a put with the fault %s rejects, and leaves what it should', async (fault, code, blocks) => {
    schedule.force('put', fault);
    await expect(volume.put(other)).rejects.toMatchObject({ code });
    expect(await memory.usage()).toMatchObject({ blocks });
  });

  test('a delete may happen and lose its answer', async () => {
    schedule.force('delete', 'unknown');
    await expect(volume.delete(block.address)).rejects.toMatchObject({ code: 'disk.io' });
    expect(await memory.usage()).toMatchObject({ blocks: 0 });
  });

  test('a flipped bit is in what is read, not in what is held', async () => {
    schedule.force('read', 'flip');
    await expect(readWholeBlock(volume, block.address)).rejects.toMatchObject({ code: 'block.damaged' });
    expect(await readWholeBlock(volume, block.address)).toEqual(block.payload[0]);
  });

  test('a hung call rejects on its signal, and still happens when it is let go', async () => {
    schedule.force('put', 'hang');
    const abort = new AbortController();
    const put = volume.put(other, { signal: abort.signal });
    abort.abort();
    await expect(put).rejects.toMatchObject({ code: 'request.aborted' });
    expect(await memory.usage()).toMatchObject({ blocks: 1 });
    schedule.release();
    await systemClock.sleep(1);
    expect(await memory.usage()).toMatchObject({ blocks: 2 });
  });
});
