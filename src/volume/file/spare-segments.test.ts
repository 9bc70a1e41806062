import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { type SealedBlock, storedBytesOf } from '../stored-form.ts';
import type { FileVolume } from './file-volume.ts';
import { segmentPath, segmentsPath, sidecarPath, sparePath } from './paths.ts';
import { type Spare, SpareSegments } from './spare-segments.ts';
import { blockOf, blocksOf, moments, readable, Trial } from './trial.conformance.ts';

const pageBytes = 4096;
/** A header, and ten groups of a block each. */
const segmentBytes = 11 * pageBytes;
const limits = {
  segmentBytes,
  reserveBytes: 0,
  headroomBytes: 0,
  spareBytes: 0,
  maxGarbageShare: 0.5,
  minGarbageBytes: 15 * pageBytes,
  maxSpareSegments: 2,
  maxSpareShare: 1e9,
  spareRoomBytes: 100 * segmentBytes,
};
const roomyBytes = 200 * segmentBytes;

async function putInOrder(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<void> {
  for (const block of blocks) await volume.put(block);
}

async function deleteAll(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<void> {
  await Promise.all(blocks.map(({ address }) => volume.delete(address)));
}

async function opened({ direct = true, capacityBytes = roomyBytes } = {}) {
  const trial = await Trial.create(limits, new MemoryDisk({ direct, capacityBytes }));
  const volume = await trial.open();
  return { trial, volume };
}

/** A volume whose first two segments are spares. */
async function withSpares() {
  const { trial, volume } = await opened();
  const old = blocksOf(20);
  await putInOrder(volume, old);
  await deleteAll(volume, old);
  await volume.compact();
  await moments(50);
  return { trial, volume, old };
}

function sparesAmong(files: Readonly<Record<string, number>>): string[] {
  return Object.keys(files).filter((name) => name.endsWith('.spare'));
}

function newBlocks(count: number): SealedBlock[] {
  return Array.from({ length: count }, (_, at) => blockOf(500 + at));
}

describe('a segment that nobody needs', () => {
  test('becomes a later one, and counts as free until then', async () => {
    const { trial, volume } = await withSpares();
    const before = await trial.files();
    expect(sparesAmong(before)).toEqual(['00000001.spare', '00000002.spare']);
    const { usedBytes, freeBytes } = await volume.usage();
    expect(usedBytes + 2 * segmentBytes).toBe(Object.values(before).reduce((sum, bytes) => sum + bytes, 0));
    expect(freeBytes).toBe((await trial.memory.space()).freeBytes + 2 * segmentBytes);
    const blocks = newBlocks(25);
    await putInOrder(volume, blocks);
    expect(sparesAmong(await trial.files())).toEqual([]);
    expect(await readable(volume, blocks)).toHaveLength(25);
  });

  test('shows nothing of its earlier life after a kill, though what it held lies in it still', async () => {
    const { trial, volume, old } = await withSpares();
    await putInOrder(volume, newBlocks(12));
    expect(Object.values(await trial.files())).toContain(segmentBytes);
    trial.kill();
    const again = await trial.open();
    expect(await readable(again, newBlocks(12))).toHaveLength(12);
    expect(await readable(again, old)).toEqual([]);
    expect((await again.list({ limit: 100 })).length).toBe(12);
  });

  test('ends at its last frame once it is sealed or closed, as its sidecar says', async () => {
    const { trial, volume } = await withSpares();
    await volume.put(blockOf(500));
    expect(Math.max(...Object.values(await trial.files()))).toBe(segmentBytes);
    await volume.close();
    expect(await trial.files()).toMatchObject({ '00000003.seg': expect.any(Number) });
    const reads = trial.schedule.calls.get('read') ?? 0;
    const again = await trial.open();
    const [identity, trialOfDirect] = [1, 1];
    const sidecars = Object.keys(await trial.files()).filter((name) => name.endsWith('.idx')).length;
    expect((trial.schedule.calls.get('read') ?? 0) - reads).toBe(identity + trialOfDirect + sidecars);
    expect(await readable(again, [blockOf(500)])).toEqual([0]);
  });

  test('is used by the next process too', async () => {
    const { trial, volume } = await withSpares();
    await volume.close();
    const again = await trial.open();
    const blocks = newBlocks(30);
    await putInOrder(again, blocks);
    expect(sparesAmong(await trial.files())).not.toContain('00000001.spare');
    expect(sparesAmong(await trial.files())).not.toContain('00000002.spare');
    trial.kill();
    expect(await readable(await trial.open(), blocks)).toHaveLength(30);
  });

  test('never gets a number again that it had, though no segment is left with a higher one', async () => {
    const { trial, volume: filled } = await opened();
    const old = blocksOf(8);
    await putInOrder(filled, old);
    await filled.close();
    await trial.memory.rename(segmentPath(1), sparePath(1));
    await trial.memory.remove(sidecarPath(1));
    const again = await trial.open();
    await again.put(blockOf(500));
    trial.kill();
    const last = await trial.open();
    expect(await readable(last, [blockOf(500)])).toEqual([0]);
    expect(await readable(last, old)).toEqual([]);
  });

  test('is not written over while somebody reads it', async () => {
    const { trial, volume } = await opened();
    const old = blocksOf(20);
    await putInOrder(volume, old);
    trial.schedule.force('read', 'hang');
    const reading = volume.read((old[3] as SealedBlock).address);
    await moments(50);
    await deleteAll(volume, old);
    await volume.compact();
    await putInOrder(volume, newBlocks(40));
    expect(sparesAmong(await trial.files())).toContain('00000001.spare');
    trial.schedule.release();
    const stored = await reading;
    expect(stored.byteLength).toBe(storedBytesOf(1000));
    expect(Buffer.from(stored).includes(Buffer.from((old[3] as SealedBlock).payload[0] as Uint8Array))).toBe(true);
    await moments(50);
    await putInOrder(
      volume,
      Array.from({ length: 25 }, (_, at) => blockOf(700 + at)),
    );
    expect(sparesAmong(await trial.files())).not.toContain('00000001.spare');
  });

  test.each([
    ['where there is little room', { capacityBytes: 60 * segmentBytes }],
    ['where segments are written through the page cache', { direct: false }],
  ])('is removed %s', async (_, options) => {
    const { trial, volume } = await opened(options);
    const old = blocksOf(20);
    await putInOrder(volume, old);
    await deleteAll(volume, old);
    await volume.compact();
    await moments(50);
    expect(sparesAmong(await trial.files())).toEqual([]);
  });

  test('is removed when most of what the volume held is deleted', async () => {
    const { trial, volume: before } = await opened();
    await before.close();
    const volume = await trial.open({ maxSpareShare: 0.5, maxSpareSegments: 100 });
    const all = blocksOf(60);
    await putInOrder(volume, all);
    await deleteAll(volume, all.slice(0, 56));
    await volume.compact();
    await moments(100);
    const { liveBytes } = await volume.usage();
    const files = await trial.files();
    const spareBytes = sparesAmong(files).reduce((sum, name) => sum + (files[name] ?? 0), 0);
    expect(liveBytes).toBeGreaterThan(0);
    expect(spareBytes).toBeLessThanOrEqual(liveBytes);
  });

  test('goes when room is needed', async () => {
    const { trial, volume } = await withSpares();
    await volume.close();
    trial.memory.setCapacity(90 * segmentBytes);
    const again = await trial.open();
    await again.put(blockOf(500));
    expect(sparesAmong(await trial.files())).toEqual([]);
  });

  test('is not missed when somebody removed it', async () => {
    const { trial, volume } = await withSpares();
    for (const segment of [1, 2]) await trial.memory.remove(sparePath(segment));
    const blocks = newBlocks(20);
    await putInOrder(volume, blocks);
    expect(await readable(volume, blocks)).toHaveLength(20);
  });

  test.each(['write', 'sync', 'rename', 'syncDirectory', 'open', 'stat'] as const)(
    'whose %s fails leaves nothing behind that is not acknowledged',
    async (operation) => {
      for (let nth = 1; nth <= 2; nth++) {
        const { trial, volume } = await withSpares();
        trial.schedule.force(operation, 'error', nth);
        const blocks = newBlocks(25);
        const outcomes = await Promise.allSettled(blocks.map((block) => volume.put(block)));
        const stored = blocks.map((_, at) => at).filter((at) => outcomes[at]?.status === 'fulfilled');
        trial.boot(trial.memory.powerCut(seededRandom(nth)));
        const found = await readable(await trial.open(), blocks);
        expect(found).toEqual(expect.arrayContaining(stored));
      }
    },
  );
});

describe('the list of spares', () => {
  const spare = (segment: number): Spare => ({ path: sparePath(segment), bytes: segmentBytes });

  test('takes no more than its limit, those that are still read included', async () => {
    const disk = new MemoryDisk();
    const spares = new SpareSegments({ disk, isDirect: true, limits, found: [spare(1)] });
    expect(spares.keeps(segmentBytes, 1)).toBe(false);
    await spares.fit(roomyBytes);
    expect(spares.keeps(segmentBytes, 1)).toBe(true);
    const { promise: unread, resolve } = Promise.withResolvers<void>();
    spares.add(spare(2), unread);
    expect([spares.keeps(segmentBytes, 1), spares.bytes]).toEqual([false, 2 * segmentBytes]);
    expect([spares.take(), spares.take()]).toEqual([spare(1), undefined]);
    resolve();
    await moments(5);
    expect([spares.take(), spares.bytes]).toEqual([spare(2), 0]);
  });

  test('is short where little is needed', async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory(segmentsPath);
    for (const segment of [1, 2]) await (await disk.open(sparePath(segment), 'create')).close();
    const half = { ...limits, maxSpareSegments: 5, maxSpareShare: 0.5 };
    const spares = new SpareSegments({ disk, isDirect: true, limits: half, found: [spare(1), spare(2)] });
    await spares.fit(roomyBytes);
    expect(spares.keeps(segmentBytes, 6 * segmentBytes)).toBe(true);
    expect(spares.keeps(segmentBytes, 6 * segmentBytes - 1)).toBe(false);
    await spares.trim(2 * segmentBytes);
    expect(await disk.list(segmentsPath)).toEqual(['00000001.spare']);
    await spares.trim(0);
    expect([await disk.list(segmentsPath), spares.bytes]).toEqual([[], 0]);
  });
});
