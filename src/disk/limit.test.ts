import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import { diskConformance } from './disk.conformance.ts';
import type { Disk } from './disk.ts';
import { withDiskFaults } from './faults/faulty-disk.ts';
import { limitDisk } from './limit.ts';
import { MemoryDisk } from './memory/memory-disk.ts';

diskConformance('the limit wrapper', async () => ({
  disk: limitDisk(new MemoryDisk({ direct: true }), { maxInFlight: 2, maxWaiters: 100 }),
  dispose: async () => undefined,
}));

describe('the limit wrapper', () => {
  let schedule: FaultSchedule;
  let disk: Disk;

  beforeEach(() => {
    schedule = new FaultSchedule({ seed: 1 });
    const hanging = withDiskFaults(new MemoryDisk(), { schedule, clock: systemClock });
    disk = limitDisk(hanging, { maxInFlight: 2, maxWaiters: 1 });
  });

  /** Calls `stat` so that it hangs below, and gives it up. */
  async function hang(): Promise<void> {
    schedule.force('stat', 'hang');
    const abort = new AbortController();
    const hung = disk.stat('', { signal: abort.signal });
    await systemClock.sleep(0);
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
  }

  test('a call that was given up holds its permit until it has settled below', async () => {
    await hang();
    await hang();
    const waiting = disk.list('');
    await systemClock.sleep(1);
    expect(schedule.calls.get('list')).toBeUndefined();
    schedule.release();
    expect(await waiting).toEqual([]);
  });

  test('refuses beyond its waiters, and lets a waiter give up', async () => {
    await hang();
    await hang();
    const abort = new AbortController();
    const waiting = disk.list('', { signal: abort.signal });
    await expect(disk.list('')).rejects.toMatchObject({ code: 'busy' });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'request.aborted' });
    schedule.release();
    expect(await disk.list('')).toEqual([]);
  });

  test('closing a file waits its turn and is never refused', async () => {
    const files = await Promise.all(['a', 'b'].map((path) => disk.open(path, 'create')));
    await hang();
    await hang();
    const waiting = disk.list('');
    const closing = Promise.all(files.map((file) => file.close()));
    schedule.release();
    await closing;
    expect(await waiting).toEqual(['a', 'b']);
    await expect(files[0]?.write([utf8('x')], 0)).rejects.toMatchObject({ code: 'closed' });
  });

  test('a file that opens after its caller left is closed', async () => {
    const below = new MemoryDisk({ capacityBytes: 4 });
    const limited = limitDisk(withDiskFaults(below, { schedule, clock: systemClock }), {
      maxInFlight: 1,
      maxWaiters: 9,
    });
    const file = await limited.open('a', 'create');
    await file.write([utf8('full')], 0);
    await file.close();
    schedule.force('open', 'hang');
    const abort = new AbortController();
    const opening = limited.open('a', 'write', { signal: abort.signal });
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: 'request.aborted' });
    schedule.release();
    await limited.remove('a');
    await systemClock.sleep(0);
    expect((await below.space()).freeBytes).toBe(4);
  });
});
