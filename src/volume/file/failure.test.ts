import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { readWholeFile, replaceFile } from '../../disk/whole-file.ts';
import type { SealedBlock } from '../stored-form.ts';
import type { FileVolume } from './file-volume.ts';
import { segmentPath } from './paths.ts';
import { blockOf, blocksOf, moments, readable, Trial } from './trial.conformance.ts';

const gone = { code: 'volume.gone' };
const retired = { code: 'volume.retired' };
const [one, two, three] = [blockOf(1), blockOf(2), blockOf(3)];

async function opened(limits = {}, memory = new MemoryDisk()) {
  const trial = await Trial.create(limits, memory);
  const volume = await trial.open();
  await volume.put(one);
  return { trial, volume };
}

/** Those that were stored. */
async function putAll(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<SealedBlock[]> {
  const stored: SealedBlock[] = [];
  for (const group of Object.values(Object.groupBy(blocks.keys(), (at) => Math.floor(at / 100)))) {
    const results = await Promise.allSettled((group ?? []).map((at) => volume.put(blocks[at] as SealedBlock)));
    stored.push(
      ...(group ?? []).filter((_, at) => results[at]?.status === 'fulfilled').map((at) => blocks[at] as SealedBlock),
    );
  }
  return stored;
}

describe('a volume whose path leads elsewhere', () => {
  const ways: [string, (memory: MemoryDisk) => Promise<void>][] = [
    ['is deleted', (memory) => memory.remove('identity.json')],
    ['is moved away', (memory) => memory.rename('identity.json', 'elsewhere')],
    [
      'is another directory with the same content',
      async (memory) => {
        const identity = (await readWholeFile(memory, 'identity.json')) ?? new Uint8Array(0);
        await memory.rename('identity.json', 'elsewhere');
        await replaceFile(memory, 'identity.json', identity);
      },
    ],
  ];

  test.each(ways)('%s: it acknowledges nothing', async (_, away) => {
    const { trial, volume } = await opened();
    const files = await trial.files();
    await away(trial.memory);
    await expect(volume.check()).rejects.toMatchObject(gone);
    await expect(volume.put(two)).rejects.toMatchObject(gone);
    await expect(volume.put(one)).rejects.toMatchObject(gone);
    await expect(volume.delete(one.address)).rejects.toMatchObject(gone);
    await expect(volume.stat(one.address)).rejects.toMatchObject(gone);
    await expect(volume.stat(two.address)).rejects.toMatchObject(gone);
    await expect(volume.list({ limit: 1 })).rejects.toMatchObject(gone);
    await expect(volume.usage()).rejects.toMatchObject(gone);
    expect(volume.blocks).toBe(1);
    expect(await trial.files()).toEqual(files);
    await volume.close();
  });

  test('while a group is on its way: it is not acknowledged', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('sync', 'hang');
    const put = volume.put(two);
    put.catch(() => undefined);
    await moments(50);
    await trial.memory.remove('identity.json');
    trial.schedule.release();
    await expect(put).rejects.toMatchObject(gone);
  });

  test('serves on when the path leads back', async () => {
    const { trial, volume } = await opened();
    await trial.memory.rename('identity.json', 'elsewhere');
    await expect(volume.put(two)).rejects.toMatchObject(gone);
    await trial.memory.rename('elsewhere', 'identity.json');
    await volume.check();
    expect(await volume.put(two)).toBe('stored');
    expect(await readable(volume, [one, two])).toEqual([0, 1]);
  });

  test('when its segments are gone it says so, not that a file was not found', async () => {
    const trial = await Trial.create();
    const volume = await trial.open();
    await trial.memory.remove('segments');
    await expect(volume.put(two)).rejects.toMatchObject(gone);
  });

  test('begins no segment and removes none in a directory that is not its own', async () => {
    const { trial, volume } = await opened({ segmentBytes: 2000, minGarbageBytes: 1000, maxGarbageShare: 0 });
    await volume.put(two);
    await moments(100);
    const files = await trial.files();
    await trial.memory.rename('identity.json', 'elsewhere');
    await expect(volume.put(three)).rejects.toMatchObject(gone);
    expect(Object.keys(await trial.files()).filter((name) => !(name in files))).toEqual([]);
  });
});

describe('a segment that vanishes', () => {
  test('takes with it what it held; the rest stays, and its blocks are welcome again', async () => {
    const trial = await Trial.create({ segmentBytes: 2000 });
    const volume = await trial.open();
    for (const block of [one, two, three]) await volume.put(block);
    await trial.memory.remove(segmentPath(2));
    expect(await readable(volume, [one, two, three])).toEqual([0, 2]);
    expect(await volume.usage()).toMatchObject({ blocks: 2 });
    expect(await volume.put(two)).toBe('stored');
    expect(await readable(volume, [one, two, three])).toEqual([0, 1, 2]);
  });

  test.each(['put', 'stat'] as const)('is noticed by a %s before it says that a block is there', async (call) => {
    const trial = await Trial.create({ segmentBytes: 2000 });
    const volume = await trial.open();
    for (const block of [one, two]) await volume.put(block);
    await trial.memory.remove(segmentPath(1));
    if (call === 'put') expect(await volume.put(one)).toBe('stored');
    else expect(await volume.stat(one.address)).toBeUndefined();
    expect(await readable(volume, [two])).toEqual([0]);
  });

  test('while it is written fails the group, and another one is begun', async () => {
    const { trial, volume } = await opened();
    await trial.memory.remove(segmentPath(1));
    await expect(volume.put(two)).rejects.toMatchObject({ code: 'disk.io' });
    expect(await readable(volume, [one, two])).toEqual([]);
    expect(await volume.put(two)).toBe('stored');
    expect(await readable(volume, [one, two])).toEqual([1]);
    trial.kill();
    expect(await readable(await trial.open(), [one, two])).toEqual([1]);
  });

  test('while it is written, noticed by a reader, is not written on', async () => {
    const { trial, volume } = await opened();
    await trial.memory.remove(segmentPath(1));
    expect(await readable(volume, [one])).toEqual([]);
    expect(await volume.put(two)).toBe('stored');
    expect(Object.keys(await trial.files())).toEqual(['00000002.seg']);
  });
});

describe('a failed sync', () => {
  test.each(['sync', 'syncDirectory'])('(%s) retires the volume for good; reads go on', async (operation) => {
    const { trial, volume } = await opened({ segmentBytes: 2000 });
    trial.schedule.force(operation, 'error');
    await expect(volume.put(two)).rejects.toMatchObject(retired);
    await expect(volume.put(three)).rejects.toMatchObject(retired);
    await expect(volume.put(one)).rejects.toMatchObject(retired);
    await expect(volume.check()).rejects.toMatchObject(retired);
    expect(await readable(volume, [one, two, three])).toEqual([0]);
    expect((await volume.list({ limit: 9 })).map(({ address }) => address)).toEqual([one.address]);
    await volume.close();

    const again = await trial.open();
    expect(await readable(again, [one])).toEqual([0]);
    await expect(again.put(three)).rejects.toMatchObject(retired);
    await again.close();
  });

  test('is not followed by another one: nothing is written any more', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('sync', 'error');
    await expect(volume.put(two)).rejects.toMatchObject(retired);
    const [writes, files] = [trial.schedule.calls.get('write'), await trial.files()];
    expect(await volume.delete(one.address)).toBe(true);
    expect(await volume.delete(one.address)).toBe(false);
    await expect(volume.put(one)).rejects.toMatchObject(retired);
    await volume.compact();
    await volume.close();
    await (await trial.open()).close();
    expect([trial.schedule.calls.get('write'), await trial.files()]).toEqual([writes, files]);
  });

  test('rejects all that wait', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('sync', 'error');
    const first = volume.put(two);
    const second = first.catch(() => volume.put(three));
    const joined = volume.put(two);
    for (const call of [first, second, joined]) await expect(call).rejects.toMatchObject(retired);
  });

  test('at the start retires the volume, and what is not durable is not confirmed', async () => {
    const { trial } = await opened();
    trial.kill();
    trial.schedule.force('sync', 'error');
    const volume = await trial.open();
    expect(await readable(volume, [one])).toEqual([0]);
    await expect(volume.put(one)).rejects.toMatchObject(retired);
  });

  test('is remembered though the mark cannot be written', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('sync', 'error');
    trial.schedule.force('open', 'error');
    await expect(volume.put(two)).rejects.toMatchObject(retired);
    await expect(volume.check()).rejects.toMatchObject(retired);
    expect(await trial.memory.stat('retired.json')).toBeUndefined();
  });
});

describe.each([false, true])('a group that fails (direct: %s)', (direct) => {
  const disk = () => new MemoryDisk({ direct, capacityBytes: 2 ** 30 }); // so little that it is asked for each time

  test.each([
    ['write', 'torn', 'disk.io'],
    ['write', 'full', 'disk.full'],
    ['write', 'error', 'disk.io'],
    ['stat', 'error', 'disk.io'],
    ['space', 'error', 'disk.io'],
  ] as const)('(%s: %s) leaves nothing behind', async (operation, fault, code) => {
    const { trial, volume } = await opened({}, disk());
    const files = await trial.files();
    trial.schedule.force(operation, fault);
    await expect(volume.put(two)).rejects.toMatchObject({ code });
    expect(await trial.files()).toEqual(files);
    await expect(volume.read(two.address)).rejects.toMatchObject({ code: 'block.missing' });
    expect(await volume.put(three)).toBe('stored');
    trial.kill();
    expect(await readable(await trial.open(), [one, two, three])).toEqual([0, 2]);
  });

  test('does not delete after all', async () => {
    const { trial, volume } = await opened({}, disk());
    trial.schedule.force('stat', 'error');
    await expect(volume.delete(one.address)).rejects.toMatchObject({ code: 'disk.io' });
    expect(await volume.put(one)).toBe('present');
    trial.boot(trial.memory.powerCut(seededRandom(1)));
    expect(await readable(await trial.open(), [one])).toEqual([0]);
  });

  test('and cannot be cut off retires the volume', async () => {
    const { trial, volume } = await opened({}, disk());
    trial.schedule.force('write', 'torn');
    trial.schedule.force('truncate', 'error');
    await expect(volume.put(two)).rejects.toMatchObject(retired);
    await expect(volume.put(three)).rejects.toMatchObject(retired);
  });

  test('when a segment begins, leaves no segment', async () => {
    const trial = await Trial.create({}, disk());
    const volume = await trial.open();
    trial.schedule.force('write', 'full');
    await expect(volume.put(one)).rejects.toMatchObject({ code: 'disk.full' });
    expect(await trial.files()).toEqual({});
    expect(await volume.put(one)).toBe('stored');
    expect(Object.keys(await trial.files())).toEqual(['00000002.seg']);
  });

  test('a sidecar that cannot be written costs nothing but a scan', async () => {
    const { trial, volume } = await opened({ segmentBytes: direct ? 8192 : 2000, checkpointBytes: 10_000 }, disk());
    trial.schedule.force('write', 'torn');
    expect(await volume.put(two)).toBe('stored');
    expect(Object.keys(await trial.files())).toEqual(['00000001.seg', '00000002.seg']);
    trial.kill();
    expect(await readable(await trial.open(), [one, two])).toEqual([0, 1]);
    expect(Object.keys(await trial.files())).toEqual(['00000001.idx', '00000001.seg', '00000002.seg']);
  });
});

describe('a full disk', { timeout: 30_000 }, () => {
  const capacityBytes = 1_000_000;

  async function filled() {
    const trial = await Trial.create({}, new MemoryDisk({ capacityBytes }));
    const volume = await trial.open();
    const blocks = blocksOf(1000);
    const stored = await putAll(volume, blocks);
    return { trial, volume, blocks, stored };
  }

  test('refuses puts before deletes have no room', async () => {
    const { trial, volume, blocks, stored } = await filled();
    expect(stored.length).toBeGreaterThan(600);
    expect(stored.length).toBeLessThan(blocks.length);
    expect(await volume.usage()).toMatchObject({ blocks: stored.length });
    expect((await trial.memory.space()).freeBytes).toBeGreaterThan(capacityBytes / 32);
    const deleted = await Promise.all(stored.slice(0, 500).map(({ address }) => volume.delete(address)));
    expect(deleted.every(Boolean)).toBe(true);
  });

  test('takes puts again when enough is deleted, though little of each segment', async () => {
    const { volume, stored } = await filled();
    const [kept, deleted] = [stored.filter((_, at) => at % 5 !== 0), stored.filter((_, at) => at % 5 === 0)];
    await Promise.all(deleted.map(({ address }) => volume.delete(address)));
    await volume.compact();
    const fresh = Array.from({ length: 70 }, (_, at) => blockOf(10_000 + at));
    for (const block of fresh) expect(await volume.put(block)).toBe('stored');
    expect(await readable(volume, [...kept, ...fresh])).toHaveLength(kept.length + fresh.length);
  });

  test('compacts of itself once puts were refused', async () => {
    const { trial, volume, stored } = await filled();
    await Promise.all(stored.slice(0, 200).map(({ address }) => volume.delete(address)));
    await moments(50_000);
    expect((await volume.usage()).freeBytes).toBeGreaterThan(150_000);
    expect(trial.problems).toEqual([]);
  });
});

describe('a device that hangs', () => {
  test('holds its callers only until their signal', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('write', 'hang');
    const abort = new AbortController();
    const put = volume.put(two, { signal: abort.signal });
    const joined = volume.put(two, { signal: abort.signal });
    const deleted = volume.delete(two.address, { signal: abort.signal });
    const behind = volume.put(three);
    expect(await readable(volume, [one])).toEqual([0]);
    abort.abort();
    for (const call of [put, joined, deleted]) {
      await expect(call).rejects.toMatchObject({ code: 'request.aborted' });
    }
    trial.schedule.release();
    expect(await behind).toBe('stored');
    expect(await readable(volume, [one, two, three])).toEqual([0, 2]);
  });

  test('does not hold a read for longer than its signal, nor the others', async () => {
    const { trial, volume } = await opened({ maxInFlight: 7 });
    trial.schedule.force('read', 'hang');
    const abort = new AbortController();
    const hung = volume.read(one.address, undefined, { signal: abort.signal });
    await moments(50);
    expect(await readable(volume, [one])).toEqual([0]);
    expect(await volume.put(two)).toBe('stored');
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
    trial.schedule.release();
  });

  test('does not hold a close for longer than its signal', async () => {
    const { trial, volume } = await opened();
    trial.schedule.force('sync', 'hang');
    const put = volume.put(two);
    const abort = new AbortController();
    const closing = volume.close({ signal: abort.signal });
    await moments(50);
    abort.abort();
    await expect(closing).rejects.toMatchObject({ code: 'request.aborted' });
    await expect(volume.put(three)).rejects.toMatchObject({ code: 'closed' });
    trial.schedule.release();
    expect(await put).toBe('stored');
    await volume.close();
    await (await trial.open()).close();
  });

  test('refuses more writes than may wait', async () => {
    const { trial, volume } = await opened({ maxQueuedJobs: 3 });
    trial.schedule.force('sync', 'hang');
    const [first, ...rest] = blocksOf(8).slice(2);
    const writing = volume.put(first ?? one);
    await moments(50);
    const results = Promise.allSettled(rest.map((block) => volume.put(block)));
    await moments(50);
    trial.schedule.release();
    expect((await results).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await writing).toBe('stored');
  });
});

describe('what it costs', () => {
  test('many puts at once take few syncs', async () => {
    const { trial, volume } = await opened();
    const before = trial.schedule.calls.get('sync') ?? 0;
    await Promise.all(blocksOf(200).map((block) => volume.put(block)));
    expect((trial.schedule.calls.get('sync') ?? 0) - before).toBeLessThan(5);
  });

  test('few files are open at a time, however many segments are read', async () => {
    const { trial, volume } = await opened({ segmentBytes: 2000, maxOpenSegments: 3, maxInFlight: 4 });
    const blocks = blocksOf(30);
    for (const block of blocks) await volume.put(block);
    for (let rounds = 0; rounds < 3; rounds++) expect(await readable(volume, blocks)).toHaveLength(30);
    const before = trial.schedule.calls.get('open') ?? 0;
    for (let rounds = 0; rounds < 5; rounds++) await readable(volume, blocks.slice(-3));
    expect((trial.schedule.calls.get('open') ?? 0) - before).toBeLessThanOrEqual(3);
    expect(Object.values(await trial.files()).length).toBeLessThan(2 * 30 + 2);
  });
});
