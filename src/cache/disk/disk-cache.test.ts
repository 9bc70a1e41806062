import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BlockName, nameBlock } from '../../base/block-name.ts';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { seededRandom } from '../../base/random.ts';
import type { Disk } from '../../disk/disk.ts';
import { withDiskFaults } from '../../disk/faults/faulty-disk.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import { cacheConformance } from '../cache.conformance.ts';
import { DiskCache, type DiskCacheOptions } from './disk-cache.ts';
import { entryPath } from './entry.ts';

async function openCache(disk: Disk, options: Partial<DiskCacheOptions> = {}): Promise<DiskCache> {
  const cache = new DiskCache({ disk, clock: systemClock, capacityBytes: 2 ** 20, ...options });
  await cache.scan();
  return cache;
}

cacheConformance('the disk cache over a memory disk', async (capacityBytes) => {
  const cache = await openCache(new MemoryDisk(), { capacityBytes });
  return { cache, dispose: () => cache.close() };
});

cacheConformance('the disk cache over a real disk', async (capacityBytes) => {
  const root = await mkdtemp(join(tmpdir(), 'copyset-cache-'));
  const cache = await openCache(openNodeDisk(join(root, 'tier')), { capacityBytes });
  const dispose = async () => {
    await cache.close();
    await rm(root, { recursive: true });
  };
  return { cache, dispose };
});

type Block = { readonly name: BlockName; readonly bytes: Uint8Array };

const blocks: readonly Block[] = Array.from({ length: 20 }, (_, number) => {
  const bytes = seededRandom(number).bytes(5000);
  return { name: nameBlock([bytes], 'blake3'), bytes };
});
const [first, second] = blocks as [Block, Block];

async function putAll(cache: DiskCache): Promise<void> {
  for (const { name, bytes } of blocks) await cache.put(name, bytes);
}

/** How many of the blocks it has, each as it was put. */
async function count(cache: DiskCache): Promise<number> {
  const got = await Promise.all(blocks.map(async ({ name, bytes }) => ({ bytes, got: await cache.get(name) })));
  const there = got.filter((one) => one.got !== undefined);
  for (const one of there) expect(one.got).toEqual(one.bytes);
  return there.length;
}

async function filesOf(disk: Disk): Promise<string[]> {
  const directories = await disk.list('');
  const files = await Promise.all(directories.map(async (directory) => disk.list(directory)));
  return files.flat().sort();
}

describe('the disk cache after a restart', () => {
  test('has what it had', async () => {
    const disk = new MemoryDisk();
    const before = await openCache(disk);
    await putAll(before);
    await before.close();
    const after = await openCache(disk);
    const { entries, usedBytes } = before.usage();
    expect(after.usage()).toMatchObject({ entries, usedBytes });
    expect(await count(after)).toBe(blocks.length);
  });

  test('keeps what fits a smaller capacity, and removes the rest from the disk', async () => {
    const disk = new MemoryDisk();
    await putAll(await openCache(disk));
    const after = await openCache(disk, { capacityBytes: 5 * 8192 });
    expect(after.usage()).toMatchObject({ entries: 5, usedBytes: 5 * 8192 });
    expect(await filesOf(disk)).toHaveLength(5);
    expect(await count(after)).toBe(5);
  });

  test('hands out nothing that a power cut tore', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const disk = new MemoryDisk();
      await putAll(await openCache(disk));
      await disk.syncDirectory('');
      const after = await openCache(disk.powerCut(seededRandom(seed)));
      const there = await count(after);
      expect(after.usage()).toMatchObject({ entries: there, usedBytes: there * 8192 });
      await putAll(after);
      expect(await count(after)).toBe(blocks.length);
    }
  });

  test('leaves alone what is not its own, and keeps nothing new before the scan is done', async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory('ab');
    await disk.makeDirectory('other');
    for (const path of ['ab/foreign', `ab/${'cd'.repeat(33)}`]) await (await disk.open(path, 'create')).close();
    const cache = new DiskCache({ disk, clock: systemClock, capacityBytes: 2 ** 20 });
    await cache.put(first.name, first.bytes);
    expect(await cache.get(first.name)).toBeUndefined();
    await cache.scan();
    await cache.put(first.name, first.bytes);
    expect(await cache.get(first.name)).toEqual(first.bytes);
    expect(await disk.list('ab')).toEqual(['cd'.repeat(33), 'foreign']);
    expect(cache.usage().entries).toBe(1);
  });

  test('replaces a file that appeared behind its back', async () => {
    const disk = new MemoryDisk();
    const cache = await openCache(disk);
    await putAll(await openCache(disk));
    await putAll(cache);
    expect(await count(cache)).toBe(blocks.length);
  });
});

describe('the disk cache and damage', () => {
  test.each([0, 5, 8, 40, 42, 44, 48, 56, 60, 64, 5063])('drops an entry whose byte %d is wrong', async (position) => {
    const disk = new MemoryDisk();
    const cache = await openCache(disk);
    await putAll(cache);
    disk.corrupt(entryPath(first.name), position, Uint8Array.of(0x55));
    expect(await cache.get(first.name)).toBeUndefined();
    expect(cache.usage()).toMatchObject({ entries: blocks.length - 1, failures: 1 });
    expect(await disk.stat(entryPath(first.name))).toBeUndefined();
    await cache.put(first.name, first.bytes);
    expect(await count(cache)).toBe(blocks.length);
  });

  test('drops entries that lie in the place of each other', async () => {
    const disk = new MemoryDisk();
    const cache = await openCache(disk);
    await putAll(cache);
    await disk.rename(entryPath(first.name), entryPath(second.name));
    expect(await count(cache)).toBe(blocks.length - 2);
    expect(cache.usage().failures).toBe(2);
  });
});

describe('the disk cache on a bad disk', () => {
  let memory: MemoryDisk;
  let schedule: FaultSchedule;
  let disk: Disk;

  beforeEach(() => {
    memory = new MemoryDisk();
    schedule = new FaultSchedule({ seed: 5, rates: { '*:error': 0.1, '*:full': 0.05, '*:torn': 0.1, '*:flip': 0.1 } });
    schedule.pause();
    disk = withDiskFaults(memory, { schedule, clock: systemClock });
  });

  test('never fails a call, never takes more than its capacity, and works again when the disk does', async () => {
    const cache = await openCache(disk, { capacityBytes: 12 * 8192 });
    schedule.resume();
    for (let round = 0; round < 40; round++) {
      await putAll(cache);
      await count(cache);
      await cache.delete(first.name);
      expect((await filesOf(memory)).length).toBeLessThanOrEqual(12);
      expect(cache.usage().usedBytes).toBeLessThanOrEqual(12 * 8192);
    }
    schedule.pause();
    for (const fault of [
      'open:error',
      'open:full',
      'write:torn',
      'write:flip',
      'read:error',
      'read:flip',
      'remove:error',
    ]) {
      expect([fault, schedule.fired.get(fault) ?? 0]).toEqual([fault, expect.toSatisfy((times: number) => times > 0)]);
    }
    await putAll(cache);
    await putAll(cache);
    expect(await count(cache)).toBe(12);
    expect(await filesOf(memory)).toHaveLength(12);
  });

  test('takes nothing new while the disk keeps what should go, and catches up after it', async () => {
    const sticky = new FaultSchedule({ seed: 1, rates: { 'remove:error': 1 } });
    const cache = await openCache(withDiskFaults(memory, { schedule: sticky, clock: systemClock }), {
      capacityBytes: 100 * 4096,
    });
    const putTiny = async (from: number, to: number) => {
      for (let number = from; number < to; number++)
        await cache.put(nameBlock([utf8(`${number}`)], 'blake3'), utf8(`${number}`));
    };
    await putTiny(0, 300);
    expect(await filesOf(memory)).toHaveLength(100);
    expect(cache.usage()).toMatchObject({ usedBytes: 100 * 4096, entries: 99 });
    expect(sticky.calls.get('remove')).toBe(200);
    sticky.pause();
    await putTiny(300, 400);
    expect(cache.usage()).toMatchObject({ usedBytes: 100 * 4096, entries: 100 });
    expect(await filesOf(memory)).toHaveLength(100);
  });

  test('asks a disk that keeps files once a call, however many should go', async () => {
    const sticky = new FaultSchedule({ seed: 1, rates: { 'remove:error': 1 } });
    const cache = await openCache(withDiskFaults(memory, { schedule: sticky, clock: systemClock }));
    await putAll(cache);
    for (const { name } of blocks) await cache.delete(name);
    expect(sticky.calls.get('remove')).toBe(blocks.length);
    expect(await filesOf(memory)).toHaveLength(blocks.length);
    sticky.pause();
    await cache.delete(first.name);
    expect(await filesOf(memory)).toEqual([]);
  });

  test('keeps what is put anew after a removal that hung', async () => {
    const cache = await openCache(disk);
    await cache.put(first.name, first.bytes);
    schedule.force('remove', 'hang');
    const deleting = cache.delete(first.name);
    await cache.delete(first.name);
    await cache.put(first.name, first.bytes);
    schedule.release();
    await deleting;
    expect(await filesOf(memory)).toHaveLength(cache.usage().entries);
    await cache.put(first.name, first.bytes);
    expect(await cache.get(first.name)).toEqual(first.bytes);
  });

  test('misses, and blames no disk, where another call removes what is being read', async () => {
    const cache = await openCache(disk);
    await cache.put(first.name, first.bytes);
    schedule.force('open', 'hang');
    const reading = cache.get(first.name);
    await cache.delete(first.name);
    schedule.release();
    expect(await reading).toBeUndefined();
    expect(cache.usage()).toMatchObject({ entries: 0, usedBytes: 0, misses: 1, failures: 0 });
  });

  test('counts a block once that is put again while its first put waits for room', async () => {
    const cache = await openCache(disk, { capacityBytes: 4096 + 8192 });
    await cache.put(nameBlock([utf8('tiny')], 'blake3'), utf8('tiny'));
    await cache.put(first.name, first.bytes);
    schedule.force('remove', 'hang');
    const putting = cache.put(second.name, second.bytes);
    await cache.delete(second.name);
    await cache.put(second.name, second.bytes);
    expect(await cache.get(second.name)).toEqual(second.bytes);
    schedule.release();
    await putting;
    expect(cache.usage()).toMatchObject({ entries: 1, usedBytes: 8192 });
    expect(await filesOf(memory)).toHaveLength(1);
  });

  test('does not ask a disk that hangs to remove more, and removes it all afterwards', async () => {
    const cache = await openCache(disk, { callTimeoutMs: 20, retryAfterMs: 100 });
    await putAll(cache);
    schedule.force('remove', 'hang');
    await cache.delete(first.name);
    await cache.delete(second.name);
    expect(schedule.calls.get('remove')).toBe(1);
    expect(cache.usage()).toMatchObject({ entries: blocks.length - 2, usedBytes: blocks.length * 8192 });
    await systemClock.sleep(110);
    await cache.delete(first.name);
    expect(await filesOf(memory)).toHaveLength(blocks.length - 2);
    schedule.release();
  });

  test('a read that hangs is a miss after its time, and the tier rests before it asks again', async () => {
    const cache = await openCache(disk, { callTimeoutMs: 20, retryAfterMs: 100 });
    await putAll(cache);
    schedule.force('read', 'hang');
    expect(await cache.get(first.name)).toBeUndefined();
    expect(cache.usage()).toMatchObject({ failures: 1, misses: 1 });
    const asked = schedule.calls.get('open');
    expect(await cache.get(second.name)).toBeUndefined();
    await cache.put(first.name, first.bytes);
    expect(schedule.calls.get('open')).toBe(asked);
    schedule.release();
    await systemClock.sleep(110);
    expect(await cache.get(second.name)).toEqual(second.bytes);
  });

  test('whoever gives up is let go at once, and the entry is kept all the same', async () => {
    const cache = await openCache(disk);
    schedule.force('write', 'hang');
    const abort = new AbortController();
    const putting = cache.put(first.name, first.bytes, { signal: abort.signal });
    await systemClock.sleep(1);
    abort.abort();
    await expect(putting).rejects.toMatchObject({ code: 'request.aborted' });
    expect(await cache.get(first.name)).toBeUndefined();
    schedule.release();
    await cache.close();
    const after = await openCache(memory);
    expect(await after.get(first.name)).toEqual(first.bytes);
  });

  test('what is deleted while it is written is gone after it', async () => {
    const cache = await openCache(disk);
    schedule.force('write', 'hang');
    const putting = cache.put(first.name, first.bytes);
    await systemClock.sleep(1);
    await cache.delete(first.name);
    schedule.release();
    await putting;
    expect(await filesOf(memory)).toEqual([]);
    expect(cache.usage()).toMatchObject({ entries: 0, usedBytes: 0 });
  });

  test('says when the scan fails, and scans again', async () => {
    await putAll(await openCache(memory));
    schedule.force('list', 'error', 3);
    const cache = new DiskCache({ disk, clock: systemClock, capacityBytes: 2 ** 20 });
    await expect(cache.scan()).rejects.toMatchObject({ code: 'disk.io' });
    await cache.scan();
    expect(await count(cache)).toBe(blocks.length);
  });

  test('closes while a scan hangs', async () => {
    schedule.force('list', 'hang');
    const cache = new DiskCache({ disk, clock: systemClock, capacityBytes: 2 ** 20 });
    const scanning = cache.scan();
    const failure = expect(scanning).rejects.toMatchObject({ code: 'closed' });
    await cache.close();
    await failure;
  });
});

test('the disk cache bounds the number of its entries', async () => {
  const cache = await openCache(new MemoryDisk(), { maxEntries: 10 });
  for (let number = 0; number < 30; number++)
    await cache.put(nameBlock([utf8(`${number}`)], 'blake3'), utf8(`${number}`));
  expect(cache.usage().entries).toBeGreaterThan(5);
  expect(cache.usage().entries).toBeLessThanOrEqual(10);
});
