import { describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { type MemorySite, type MemorySiteOptions, startMemorySite } from '../../../test/support/memory-site.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { seededRandom } from '../../base/random.ts';
import { MemoryCache } from '../../cache/memory/memory-cache.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import { withVolumeFaults } from '../../volume/faults/faulty-volume.ts';
import { MemoryVolume } from '../../volume/memory/memory-volume.ts';
import { findObject } from '../objects.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { StreamLimits } from './streams.ts';

const KiB = 1024;
/** B of the buckets here, where nothing else is said. */
const block = 16 * KiB;
const limits: StreamLimits = {
  leastWindowBytes: 2 * block,
  mostWindowBytes: 4 * block,
  mostStreams: 8,
  mostAheadBytes: 64 * block,
};

class Shelf {
  readonly site: MemorySite;
  readonly #metrics: MetricRegistry;
  /** Blocks, or parts of them, that somebody asked the volumes for. */
  reads = 0;

  constructor(site: MemorySite, metrics: MetricRegistry) {
    this.site = site;
    this.#metrics = metrics;
    const { blocks } = site.context;
    const read = blocks.read.bind(blocks);
    blocks.read = (...args) => {
      this.reads += 1;
      return read(...args);
    };
  }

  get ahead(): ReadAhead {
    return this.site.context.readAhead as ReadAhead;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.site.store.put('data', key, { body: bodyOf(bytes), headers: { metadata: {} } });
  }

  async read(key: string, first: number, end: number): Promise<Buffer> {
    const range = { kind: 'from', first, last: end - 1 } as const;
    return readAll(await this.site.store.get('data', key, { range }));
  }

  /** As a reader would make it known, without the reader's own read. */
  async observe(key: string, from: number, to: number): Promise<void> {
    const { version } = await findObject(this.site.context, { bucket: 'data', key }, {});
    this.ahead.observe(version.record, { from, to }, { key });
  }

  /** How many of them the work took. */
  async readsOf(work: () => Promise<unknown>): Promise<number> {
    const before = this.reads;
    await work();
    return this.reads - before;
  }

  metric(name: string): number {
    const line = this.#metrics
      .print()
      .split('\n')
      .find((each) => each.startsWith(`copyset_read_ahead_${name} `) || each.startsWith(`copyset_read_ahead_${name}{`));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}

type ShelfOptions = Partial<MemorySiteOptions> & { readonly schedule?: FaultSchedule };

async function openShelf({ schedule = new FaultSchedule({ seed: 1 }), ...options }: ShelfOptions = {}) {
  const metrics = new MetricRegistry();
  const site = await startMemorySite({
    volumes: 3,
    readAhead: { metrics, limits },
    openVolume: async (id) =>
      withVolumeFaults(new MemoryVolume({ id, clock: systemClock }), { schedule, clock: systemClock }),
    ...options,
  });
  await site.store.createBucket('data');
  return new Shelf(site, metrics);
}

const content = seededRandom(3).bytes(16 * block);

describe('a reader in order', () => {
  test('finds what it asks for next, though the volumes are slow', async () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:delay': 1 }, leastDelayMs: 1, maxDelayMs: 5 });
    const shelf = await openShelf({ schedule });
    await shelf.put('epoch', content);
    const waits: number[] = [];
    for (let at = 0; at < content.byteLength; at += block) {
      const read = async () =>
        expect(await shelf.read('epoch', at, at + block)).toEqual(Buffer.from(content.subarray(at, at + block)));
      const before = shelf.metric('used_bytes_total');
      await read();
      waits.push(shelf.metric('used_bytes_total') - before);
      await shelf.ahead.settled();
    }
    expect(waits).toEqual([0, 0, ...Array.from({ length: 14 }, () => block)]);
    expect(shelf.metric('fetched_bytes_total')).toBe(14 * block);
    expect(shelf.reads).toBe(16);
    expect(shelf.metric('wasted_bytes_total')).toBe(0);
    expect(shelf.metric('used_ratio')).toBe(1);
  });

  test('waits for what is on its way rather than read it again: each block is read once', async () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:delay': 1 }, leastDelayMs: 1, maxDelayMs: 5 });
    const shelf = await openShelf({ schedule });
    await shelf.put('epoch', content);
    for (let at = 0; at < content.byteLength; at += block) await shelf.read('epoch', at, at + block);
    await shelf.ahead.settled();
    expect(shelf.reads).toBe(16);
    expect(shelf.metric('used_bytes_total')).toBe(shelf.metric('fetched_bytes_total'));
    expect(shelf.metric('fetched_bytes_total')).toBeGreaterThanOrEqual(12 * block);
  });

  test('of pieces of large blocks gets the right bytes, in ranges that fit nothing', async () => {
    const large = seededRandom(4).bytes(5 * KiB * KiB + 77);
    const readAhead = { metrics: new MetricRegistry() };
    const shelf = await openShelf({ readAhead, bucketDefaults: { blockBytes: 3 * KiB * KiB } });
    await shelf.put('large', large);
    const step = 300_001;
    for (let at = 0; at < large.byteLength; at += step) {
      const end = Math.min(at + step, large.byteLength);
      expect((await shelf.read('large', at, end)).equals(large.subarray(at, end))).toBe(true);
      await shelf.ahead.settled();
    }
    expect(shelf.reads).toBeLessThan(12); // 18 ranges were read
    expect(await shelf.readsOf(() => shelf.ahead.stop())).toBe(0);
    const printed = readAhead.metrics.print();
    const of = (name: string) => Number(new RegExp(`^copyset_read_ahead_${name} (.*)$`, 'm').exec(printed)?.[1]);
    expect(of('used_bytes_total')).toBeGreaterThan(0.75 * large.byteLength);
    expect(of('used_bytes_total') + of('wasted_bytes_total')).toBe(of('fetched_bytes_total'));
    expect(of('held_bytes')).toBe(0);
  });

  test('of a stop in the middle wastes what it left, which is told', async () => {
    const shelf = await openShelf();
    await shelf.put('epoch', content);
    for (let at = 0; at < 4 * block; at += block) await shelf.read('epoch', at, at + block);
    await shelf.ahead.settled();
    await shelf.ahead.stop();
    expect(shelf.metric('wasted_bytes_total')).toBeGreaterThan(0);
    expect(shelf.metric('used_bytes_total') + shelf.metric('wasted_bytes_total')).toBe(
      shelf.metric('fetched_bytes_total'),
    );
  });
});

test('readers at random, and of whole objects, cause no read ahead', async () => {
  const shelf = await openShelf();
  await shelf.put('epoch', content);
  for (const at of [9, 2, 14, 5, 0, 12, 7]) {
    expect(await shelf.readsOf(() => shelf.read('epoch', at * block, (at + 1) * block))).toBe(1);
    await shelf.ahead.settled();
  }
  await readAll(await shelf.site.store.get('data', 'epoch'));
  await shelf.ahead.settled();
  expect(shelf.metric('fetched_bytes_total')).toBe(0);
});

test('of safetensors the header comes with the first eight bytes, the tensors with the first one', async () => {
  const shelf = await openShelf();
  const file = Buffer.from(content);
  const dataFrom = 3 * block;
  file.writeBigUInt64LE(BigInt(dataFrom - 8));
  await shelf.put('model.safetensors', file);
  await shelf.put('model.bin', seededRandom(5).bytes(16 * block));
  const headerReads = async (key: string) => {
    await shelf.read(key, 0, 8);
    await shelf.ahead.settled();
    return shelf.readsOf(() => shelf.read(key, 8, dataFrom));
  };
  expect(await headerReads('model.bin')).toBeGreaterThanOrEqual(3);
  expect(await headerReads('model.safetensors')).toBe(0);
  await shelf.read('model.safetensors', dataFrom, dataFrom + block);
  await shelf.ahead.settled();
  const usedBefore = shelf.metric('used_bytes_total');
  const tensor = await shelf.read('model.safetensors', dataFrom + block, dataFrom + 2 * block);
  expect(tensor).toEqual(file.subarray(dataFrom + block, dataFrom + 2 * block));
  expect(shelf.metric('used_bytes_total') - usedBefore).toBe(block);
});

test('an epoch over a data set does not flush the hot blocks', async () => {
  const cache = new MemoryCache({ capacityBytes: 8 * (block + 2 * KiB) });
  const shelf = await openShelf({ cache });
  const hot = seededRandom(9).bytes(3 * block);
  await shelf.put('hot', hot);
  const readHot = async () =>
    expect(await readAll(await shelf.site.store.get('data', 'hot'))).toEqual(Buffer.from(hot));
  await readHot();
  await readHot();
  for (const shard of [1, 2, 3]) {
    await shelf.put(`shard${shard}`, seededRandom(shard).bytes(16 * block));
    for (let at = 0; at < 16 * block; at += block) await shelf.read(`shard${shard}`, at, at + block);
    await shelf.ahead.settled();
    expect(await shelf.readsOf(readHot)).toBe(0);
  }
  expect(shelf.metric('used_bytes_total')).toBeGreaterThan(30 * block);
});

describe('on a bad day', () => {
  const askTwice = async (shelf: Shelf) => {
    await shelf.observe('epoch', 0, block);
    await shelf.observe('epoch', block, 2 * block);
  };
  const readRest = async (shelf: Shelf) =>
    expect(await shelf.read('epoch', 2 * block, 4 * block)).toEqual(
      Buffer.from(content.subarray(2 * block, 4 * block)),
    );

  test('an error of a read ahead is no error of a reader', async () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:error': 1 } });
    const shelf = await openShelf({ schedule });
    await shelf.put('epoch', content);
    await askTwice(shelf);
    await shelf.ahead.settled();
    expect(shelf.metric('dropped_total')).toBeGreaterThan(0);
    schedule.pause();
    await readRest(shelf);
    expect(shelf.metric('used_bytes_total')).toBe(0);
  });

  test('bodies go first: while they take the budget, nothing is fetched ahead', async () => {
    const shelf = await openShelf({ memoryBytes: KiB * KiB });
    await shelf.put('epoch', content);
    const body = await shelf.site.context.memory.acquire(600 * KiB);
    expect(
      await shelf.readsOf(async () => {
        await askTwice(shelf);
        await shelf.ahead.settled();
      }),
    ).toBe(0);
    expect(shelf.metric('dropped_total')).toBeGreaterThan(0);
    body.release();
    await readRest(shelf);
  });

  test('what finds no room is dropped, and what is on its way is not', async () => {
    const shelf = await openShelf({ memoryBytes: 8 * 5 * block });
    await shelf.put('epoch', content);
    for (let at = 0; at < 8 * block; at += block) {
      await shelf.observe('epoch', at, at + block);
      await shelf.ahead.settled();
      expect(shelf.metric('held_bytes')).toBeLessThanOrEqual(5 * block);
    }
    expect(shelf.metric('wasted_bytes_total')).toBeGreaterThan(0);
  });

  test('a stop ends what hangs, and begins nothing more', async () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:hang': 1 } });
    const shelf = await openShelf({ schedule });
    await shelf.put('epoch', content);
    await askTwice(shelf);
    await systemClock.sleep(5);
    expect(shelf.reads).toBeGreaterThan(0);
    await shelf.ahead.stop();
    schedule.pause();
    expect(await shelf.readsOf(() => askTwice(shelf))).toBe(0);
    await readRest(shelf);
  });

  test('a reader that gives up while it waits is let go', async () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:hang': 1 } });
    const shelf = await openShelf({ schedule });
    await shelf.put('epoch', content);
    await askTwice(shelf);
    await systemClock.sleep(5);
    const abort = new AbortController();
    const range = { kind: 'from', first: 2 * block, last: 3 * block - 1 } as const;
    const reading = readAll(await shelf.site.store.get('data', 'epoch', { range, signal: abort.signal }));
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: 'request.aborted' });
    await shelf.ahead.stop();
  });
});
