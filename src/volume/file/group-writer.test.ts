import { describe, expect, test } from 'vitest';
import { concatBytes, totalBytes } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { seededRandom } from '../../base/random.ts';
import type { DiskFile } from '../../disk/disk.ts';
import { withDiskFaults } from '../../disk/faults/faulty-disk.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { readWholeFile } from '../../disk/whole-file.ts';
import { type GroupWriter, newGroupWriter } from './group-writer.ts';

const limits = { spanBytes: 8192, maxSpansInFlight: 2 };

class Bench {
  readonly memory: MemoryDisk;
  readonly schedule = new FaultSchedule({ seed: 1 });
  readonly disk;

  constructor(options: { readonly direct: boolean }) {
    this.memory = new MemoryDisk(options);
    this.disk = withDiskFaults(this.memory, { schedule: this.schedule, clock: systemClock });
  }

  async writer(spanBytes = limits.spanBytes): Promise<GroupWriter> {
    await (await this.memory.open('there', 'create')).close();
    return newGroupWriter(this.disk, 'there', { ...limits, spanBytes });
  }

  async with(work: (file: DiskFile, writer: GroupWriter) => Promise<void>): Promise<Buffer> {
    const writer = await this.writer();
    const file = await this.disk.open('file', 'create', { direct: writer.direct });
    await work(file, writer);
    await file.close();
    return Buffer.from((await readWholeFile(this.memory, 'file')) ?? []);
  }
}

function piecesOf(...sizes: readonly number[]): Uint8Array[] {
  return sizes.map((bytes, at) => seededRandom(at).bytes(bytes));
}

describe('a group', () => {
  test.each([
    [[1]],
    [[4096]],
    [[64, 0, 4032, 64]],
    [[8192, 8192]],
    [[8191, 2]],
    [[64, 100_000, 64]],
    [Array.from({ length: 500 }, (_, at) => at)],
  ])('of pieces of %j bytes is written whole, with zeros up to the end of a block', async (sizes) => {
    const pieces = piecesOf(...sizes);
    const bytes = await new Bench({ direct: true }).with((file, writer) => writer.write(file, pieces, 4096));
    const end = 4096 + totalBytes(pieces);
    expect(bytes.subarray(4096, end).equals(concatBytes(...pieces))).toBe(true);
    expect(bytes.byteLength).toBe(Math.ceil(end / 4096) * 4096);
    expect(bytes.subarray(end).every((byte) => byte === 0)).toBe(true);
  });

  test('leaves nothing of the group before it in its padding', async () => {
    const bytes = await new Bench({ direct: true }).with(async (file, writer) => {
      await writer.write(file, [new Uint8Array(20_000).fill(7)], 0);
      await writer.write(file, [new Uint8Array(9000).fill(8)], 20_480);
    });
    expect(bytes.subarray(20_480 + 9000).every((byte) => byte === 0)).toBe(true);
  });

  test('is written as it is where the disk does not write directly', async () => {
    const bench = new Bench({ direct: false });
    expect(await bench.writer()).toMatchObject({ direct: false, alignBytes: 64 });
    const bytes = await bench.with((file, writer) => writer.write(file, piecesOf(64, 128), 64));
    expect(bytes.byteLength).toBe(256);
  });

  test('is written as it is where there is no memory for more', async () => {
    expect(await new Bench({ direct: true }).writer(2 ** 42)).toMatchObject({ direct: false });
  });

  test('takes as many writes at a time as it has spans', async () => {
    const bench = new Bench({ direct: true });
    await bench.with(async (file, writer) => {
      const before = bench.schedule.calls.get('write') ?? 0;
      bench.schedule.force('write', 'hang', 1);
      bench.schedule.force('write', 'hang', 2);
      const writing = writer.write(file, piecesOf(100_000), 0);
      for (let passed = 0; passed < 100; passed++) await Promise.resolve();
      expect((bench.schedule.calls.get('write') ?? 0) - before).toBe(2);
      bench.schedule.release();
      await writing;
    });
  });

  test('that fails has ended when it says so, and writes no further', async () => {
    const bench = new Bench({ direct: true });
    await bench.with(async (file, writer) => {
      bench.schedule.force('write', 'error', 1);
      bench.schedule.force('write', 'hang', 2);
      let settled = false;
      const writing = writer.write(file, piecesOf(100_000), 0).finally(() => {
        settled = true;
      });
      const outcome = expect(writing).rejects.toMatchObject({ code: 'disk.io' });
      for (let passed = 0; passed < 100; passed++) await Promise.resolve();
      expect(settled).toBe(false);
      bench.schedule.release();
      await outcome;
      expect(await file.size()).toBe(16_384);
    });
  });
});
