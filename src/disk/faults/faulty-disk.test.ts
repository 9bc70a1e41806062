import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { type Fault, FaultSchedule } from '../../base/fault-schedule.ts';
import { seededRandom } from '../../base/random.ts';
import { alignedMemory } from '../direct.ts';
import { diskConformance } from '../disk.conformance.ts';
import { type Disk, type DiskFile, directAlignBytes } from '../disk.ts';
import { MemoryDisk } from '../memory/memory-disk.ts';
import { withDiskFaults } from './faulty-disk.ts';
import type { DiskFaults } from './injection.ts';

diskConformance('the faults wrapper without faults', async () => ({
  disk: withDiskFaults(new MemoryDisk({ direct: true }), {
    schedule: new FaultSchedule({ seed: 1 }),
    clock: systemClock,
  }),
  dispose: async () => undefined,
}));

const text = utf8('a text long enough to be torn');

describe('the faults wrapper', () => {
  let memory: MemoryDisk;
  let schedule: FaultSchedule;
  let disk: Disk;
  let file: DiskFile;

  beforeEach(async () => {
    memory = new MemoryDisk({ direct: true });
    schedule = new FaultSchedule({ seed: 1, maxDelayMs: 5 });
    disk = withDiskFaults(memory, { schedule, clock: systemClock });
    file = await disk.open('a', 'create');
  });

  async function content(): Promise<Uint8Array> {
    const plain = await memory.open('a', 'read');
    const into = new Uint8Array(await plain.size());
    await plain.read(into, 0);
    return into;
  }

  test.each<[string, () => Promise<unknown>]>([
    ['open', () => disk.open('b', 'create')],
    ['stat', () => disk.stat('a')],
    ['list', () => disk.list('')],
    ['makeDirectory', () => disk.makeDirectory('d')],
    ['rename', () => disk.rename('a', 'b')],
    ['remove', () => disk.remove('a')],
    ['syncDirectory', () => disk.syncDirectory('')],
    ['space', () => disk.space()],
    ['lock', () => disk.lock('lock')],
    ['read', () => file.read(new Uint8Array(1), 0)],
    ['write', () => file.write([text], 0)],
    ['sync', () => file.sync()],
    ['truncate', () => file.truncate(3)],
    ['size', () => file.size()],
  ])('%s can fail, and nothing happened', async (operation, call) => {
    schedule.force(operation, 'error');
    await expect(call()).rejects.toMatchObject({ code: 'disk.io' });
    expect(schedule.fired.get(`${operation}:error`)).toBe(1);
    expect([await memory.list(''), await content()]).toEqual([['a'], new Uint8Array(0)]);
    await call();
  });

  test.each<[Fault, string]>([
    ['torn', 'disk.io'],
    ['full', 'disk.full'],
  ])('a write with the fault %s leaves a prefix', async (fault, code) => {
    schedule.force('write', fault);
    await expect(file.write([text.subarray(0, 9), text.subarray(9)], 0)).rejects.toMatchObject({ code });
    const left = await content();
    expect(left.byteLength).toBeGreaterThan(0);
    expect(left.byteLength).toBeLessThan(text.byteLength);
    expect(left).toEqual(text.slice(0, left.byteLength));
  });

  test('a direct write is torn between its blocks, and a bit of it flips all the same', async () => {
    const direct = await disk.open('a', 'write', { direct: true });
    const blocks = alignedMemory(16 * directAlignBytes).subarray(0, 16 * directAlignBytes);
    blocks.set(seededRandom(2).bytes(blocks.byteLength));
    schedule.force('write', 'torn');
    await expect(direct.write([blocks], 0)).rejects.toMatchObject({ code: 'disk.io' });
    const left = await content();
    expect(left.byteLength % directAlignBytes).toBe(0);
    expect(left).toEqual(blocks.slice(0, left.byteLength));
    schedule.force('write', 'flip');
    await direct.write([blocks], 0);
    expect(differences(await content(), blocks)).toBe(1);
  });

  test('a full disk makes no names', async () => {
    schedule.force('open', 'full');
    await expect(disk.open('b', 'create')).rejects.toMatchObject({ code: 'disk.full' });
    expect(await memory.list('')).toEqual(['a']);
  });

  test('one bit flips on the way to the disk or back', async () => {
    await file.write([text], 0);
    schedule.force('read', 'flip');
    const into = new Uint8Array(text.byteLength);
    expect(await file.read(into, 0)).toBe(text.byteLength);
    expect(differences(into, text)).toBe(1);
    expect(differences(await content(), text)).toBe(0);
    schedule.force('write', 'flip');
    await file.write([text], 0);
    expect(differences(await content(), text)).toBe(1);
  });

  test('a delayed call works later; a hung one when it is released, even if nobody waits', async () => {
    schedule.force('write', 'delay');
    await file.write([text], 0);
    expect(differences(await content(), text)).toBe(0);
    schedule.force('truncate', 'hang');
    const abort = new AbortController();
    const hung = file.truncate(4, { signal: abort.signal });
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
    expect(await file.size()).toBe(text.byteLength);
    schedule.release();
    await systemClock.sleep(1);
    expect(await file.size()).toBe(4);
  });

  test('a file closes only when what hangs on it has settled', async () => {
    schedule.force('write', 'hang');
    const abort = new AbortController();
    const hung = file.write([text], 0, { signal: abort.signal });
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
    let closed = false;
    const closing = file.close().then(() => {
      closed = true;
    });
    await systemClock.sleep(1);
    expect(closed).toBe(false);
    schedule.release();
    await closing;
    expect(await content()).toEqual(text);
  });

  test('after a failed sync the next one succeeds and makes nothing durable', async () => {
    const sizes = await sizesAfterPowerCuts({}, async (written, directory) => {
      await directory.syncDirectory('');
      schedule.force('sync', 'error');
      await expect(written.sync()).rejects.toMatchObject({ code: 'disk.io' });
      await written.sync();
    });
    expect(new Set(sizes)).toEqual(new Set([0, text.byteLength]));
  });

  test.each<[string, Partial<DiskFaults>, (number | undefined)[]]>([
    ['no lie loses nothing', {}, [text.byteLength]],
    ['a sync of a file that does nothing loses bytes', { ignoreFileSync: true }, [0, text.byteLength]],
    [
      'a sync of a directory that does nothing loses names',
      { ignoreDirectorySync: true },
      [undefined, text.byteLength],
    ],
  ])('%s', async (_, lie, expected) => {
    const sizes = await sizesAfterPowerCuts(lie, async (written, directory) => {
      await written.sync();
      await directory.syncDirectory('');
    });
    expect(new Set(sizes)).toEqual(new Set(expected));
  });

  /** Writes `a`, syncs it and loses power, with each of twenty seeds: its sizes, undefined where it is gone. */
  async function sizesAfterPowerCuts(
    lie: Partial<DiskFaults>,
    sync: (written: DiskFile, directory: Disk) => Promise<void>,
  ): Promise<(number | undefined)[]> {
    const cut = async (seed: number) => {
      const below = new MemoryDisk();
      const lying = withDiskFaults(below, { schedule, clock: systemClock, ...lie });
      const written = await lying.open('a', 'create');
      await written.write([text], 0);
      await sync(written, lying);
      return (await below.powerCut(seededRandom(seed), { tear: false }).stat('a'))?.bytes;
    };
    return Promise.all(Array.from({ length: 20 }, (_, seed) => cut(seed)));
  }
});

/** Bits that differ. */
function differences(left: Uint8Array, right: Uint8Array): number {
  return left.reduce((sum, byte, at) => sum + ones(byte ^ (right[at] ?? 0)), 0);
}

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
