import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { layoutKey } from '../catalog/records/layout-entry.ts';
import { withKvFaults } from '../kv/faults/faulty-kv.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { changeVolumes } from './change-volumes.ts';
import { Layouts } from './layouts.ts';

function entryOf(number: number) {
  const id = number.toString(16).padStart(16, '0') as VolumeId;
  const domain = ['s', 'z', 'r', 'n', id] as const;
  return { id, path: `/v${number}`, state: 'active', weight: 1, domain, addedAtMs: 0 } as const;
}

async function twoStores() {
  const kv = new MemoryKv({ random: seededRandom(1) });
  await changeVolumes(kv, () => [entryOf(1), entryOf(2)]);
  const schedule = new FaultSchedule({ seed: 1 });
  return { kv, schedule, layouts: new Layouts(withKvFaults(kv, { schedule, clock: systemClock })) };
}

test('a layout is read once, and again only when its epoch is another', async () => {
  const { kv, schedule, layouts } = await twoStores();
  const before = await layouts.refresh(3);
  const reads = schedule.calls.get('get') ?? 0;
  expect(await layouts.refresh(3)).toBe(before);
  expect(schedule.calls.get('get')).toBe(reads + 1);
  await changeVolumes(kv, () => [entryOf(3)]);
  expect((await layouts.current(3)).epoch).toBe(1);
  expect((await layouts.guard(3)).epoch).toEqual(Uint8Array.of(2));
  expect((await layouts.current(3)).epoch).toBe(2);
});

test('an answer that was long on its way never replaces a newer one', async () => {
  const { kv, schedule } = await twoStores();
  const arrival = Promise.withResolvers<void>();
  const isTable = (key: Uint8Array) => Buffer.compare(key, layoutKey(3)) === 0;
  let isFirst = true;
  const slow: Kv = {
    ...withKvFaults(kv, { schedule, clock: systemClock }),
    get: async (key) => {
      const entry = await kv.get(key);
      if (isTable(key) && isFirst) {
        isFirst = false;
        await arrival.promise;
      }
      return entry;
    },
  };
  const layouts = new Layouts(slow);
  const late = layouts.refresh(3);
  while (isFirst) await Promise.resolve();
  await changeVolumes(kv, () => [entryOf(3)]);
  const newest = await layouts.refresh(3);
  arrival.resolve();
  expect(await late).toBe(newest);
  expect(layouts.known(3)).toBe(newest);
  expect(newest.epoch).toBe(2);
});

test('a store without volumes takes no writes', async () => {
  const layouts = new Layouts(new MemoryKv({ random: seededRandom(1) }));
  await expect(layouts.guard(3)).rejects.toMatchObject({ code: 'read_only' });
});
