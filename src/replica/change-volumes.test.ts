import { beforeEach, describe, expect, test } from 'vitest';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { readPlacement } from '../catalog/placement.ts';
import { epochKey, epochValue } from '../catalog/records/layout-entry.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { changeVolumes, replicaClasses, setVolumeState } from './change-volumes.ts';

function entryOf(number: number): VolumeEntry {
  const id = number.toString(16).padStart(16, '0') as VolumeId;
  return { id, path: `/v${number}`, state: 'active', weight: 1, domain: ['s', 'z', 'r', 'n', id], addedAtMs: 0 };
}

const first = entryOf(1);

let kv: Kv;
beforeEach(async () => {
  kv = new MemoryKv({ random: seededRandom(1) });
  await changeVolumes(kv, () => [1, 2, 3, 4].map(entryOf));
});

async function placedVolumes(): Promise<Set<VolumeId>> {
  const { layouts } = await readPlacement(kv);
  return new Set(layouts.flatMap(({ copysets }) => copysets.flat()));
}

describe('a change of the volumes', () => {
  test('gives every class a layout and an epoch of its own, as large as there are volumes', async () => {
    const { layouts } = await readPlacement(kv);
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
    expect((await readPlacement(kv)).volumes.find(({ id }) => id === first.id)).toMatchObject({
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
    const { volumes, layouts } = await readPlacement(kv);
    expect(volumes.map(({ state }) => state)).toEqual(['lost', 'active', 'active', 'active', 'active', 'active']);
    expect(await placedVolumes()).toEqual(new Set([2, 3, 4, 5, 6].map((number) => entryOf(number).id)));
    expect(layouts.every(({ epoch }) => epoch === 4)).toBe(true);
  });

  test('is made also where it leaves fewer volumes than copies', async () => {
    for (const number of [1, 2]) await setVolumeState(kv, entryOf(number).id, { state: 'lost', reason: 'a test' });
    const { layouts } = await readPlacement(kv);
    expect(layouts.find(({ classId }) => classId === 3)?.copysets.every(({ length }) => length === 2)).toBe(true);
  });

  test('of a volume that nobody knows is refused', async () => {
    const lost = { state: 'lost', reason: 'a test' } as const;
    await expect(setVolumeState(kv, entryOf(9).id, lost)).rejects.toMatchObject({ code: 'not_found' });
  });
});
