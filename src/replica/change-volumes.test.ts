import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { readPlacement } from '../catalog/placement.ts';
import { epochKey, epochValue } from '../catalog/records/layout-entry.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import { withKvFaults } from '../kv/faults/faulty-kv.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import type { ClassLayout } from '../layout/layout.ts';
import { changeVolumes, replicaClasses, setVolumeState } from './change-volumes.ts';

function entryOf(number: number): VolumeEntry {
  const id = number.toString(16).padStart(16, '0') as VolumeId;
  return { id, path: `/v${number}`, state: 'active', weight: 1, domain: ['s', 'z', 'r', 'n', id], addedAtMs: 0 };
}

const first = entryOf(1);
const idOf = (number: number): VolumeId => entryOf(number).id;

let kv: Kv;
beforeEach(startStore);

async function startStore(): Promise<void> {
  kv = new MemoryKv({ random: seededRandom(1) });
  await changeVolumes(kv, () => [1, 2, 3, 4].map(entryOf));
}

/** Adds a fifth volume; the first is lost right after the read of this number, if there are so many. */
async function addWhileFirstIsLost(nth: number): Promise<boolean> {
  let reads = 0;
  const afterRead = async <T>(answer: T): Promise<T> => {
    reads += 1;
    if (reads === nth) await setVolumeState(kv, first.id, { state: 'lost', reason: 'a test' });
    return answer;
  };
  const busy: Kv = {
    ...withKvFaults(kv, { schedule: new FaultSchedule({ seed: 1 }), clock: systemClock }),
    get: async (key) => afterRead(await kv.get(key)),
    range: async (query) => afterRead(await kv.range(query)),
  };
  await changeVolumes(busy, () => [entryOf(5)]);
  return reads >= nth;
}

async function placement(): Promise<{ volumes: VolumeEntry[]; layouts: ClassLayout[] }> {
  const { volumes, layouts } = await readPlacement(kv);
  return { volumes: volumes.map(({ record }) => record), layouts: layouts.map(({ record }) => record) };
}

async function placedVolumes(): Promise<Set<VolumeId>> {
  const { layouts } = await placement();
  return new Set(layouts.flatMap(({ copysets }) => copysets.flat()));
}

describe('a change of the volumes', () => {
  test('gives every class a layout and an epoch of its own, as large as there are volumes', async () => {
    const { layouts } = await placement();
    expect(layouts.map(({ classId }) => classId)).toEqual(replicaClasses);
    for (const layout of layouts) {
      expect(layout.copysets.every((copyset) => copyset.length === Math.min(layout.copies, 4))).toBe(true);
      expect((await kv.get(epochKey(layout.classId)))?.value).toEqual(epochValue(layout));
    }
  });

  test.each(['draining', 'retired', 'lost'] as const)('takes a volume that is %s out of all layouts', async (state) => {
    const layouts = await setVolumeState(kv, first.id, { state, reason: 'a test' });
    expect(await placedVolumes()).not.toContain(first.id);
    expect(layouts.every(({ epoch }) => epoch === 2)).toBe(true);
    expect((await placement()).volumes.find(({ id }) => id === first.id)).toMatchObject({
      state,
      reason: 'a test',
    });
  });

  test('that races with another is planned again on what that one left', async () => {
    await Promise.all([
      setVolumeState(kv, first.id, { state: 'lost', reason: 'a test' }),
      changeVolumes(kv, () => [entryOf(5)]),
      changeVolumes(kv, () => [entryOf(6)]),
    ]);
    const { volumes, layouts } = await placement();
    expect(volumes.map(({ state }) => state)).toEqual(['lost', 'active', 'active', 'active', 'active', 'active']);
    expect(await placedVolumes()).toEqual(new Set([2, 3, 4, 5, 6].map(idOf)));
    expect(layouts.every(({ epoch }) => epoch === 4)).toBe(true);
  });

  test('keeps out a volume that is lost meanwhile, after whatever it reads', async () => {
    for (let nth = 1; ; nth++) {
      await startStore();
      const wasLost = await addWhileFirstIsLost(nth);
      expect(await placedVolumes()).toEqual(new Set((wasLost ? [2, 3, 4, 5] : [1, 2, 3, 4, 5]).map(idOf)));
      if (!wasLost) return; // it reads less often
      expect((await placement()).volumes.map(({ state }) => state)).toContain('lost');
    }
  });

  test('is made also where it leaves fewer volumes than copies', async () => {
    for (const number of [1, 2]) await setVolumeState(kv, entryOf(number).id, { state: 'lost', reason: 'a test' });
    const { layouts } = await placement();
    expect(layouts.find(({ classId }) => classId === 3)?.copysets.every(({ length }) => length === 2)).toBe(true);
  });

  test('of a volume that nobody knows is refused', async () => {
    const lost = { state: 'lost', reason: 'a test' } as const;
    await expect(setVolumeState(kv, entryOf(9).id, lost)).rejects.toMatchObject({ code: 'not_found' });
  });
});
