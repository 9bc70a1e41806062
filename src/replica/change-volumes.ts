/**
 * Why: whatever changes the set of volumes (one is added, drained, retired, lost) plans all layouts anew and commits
 * volumes and layouts together. A change that would leave a class with fewer domains than its copies is made all the
 * same when the volume is gone anyway; `status` says what cannot heal.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { changePlacement, type Placement, readPlacement } from '../catalog/placement.ts';
import type { VolumeEntry, VolumeState } from '../catalog/records/volume-entry.ts';
import type { Stored } from '../catalog/stored.ts';
import type { Kv } from '../kv/kv.ts';
import type { ClassLayout } from '../layout/layout.ts';
import { planLayout } from '../layout/plan-layout.ts';

/** Placement classes of whole copies; each has a layout from the start. */
export const replicaClasses: readonly number[] = [1, 2, 3, 4, 5];

const maxAttempts = 16;

/** Adds or replaces entries and gives the layouts that are then in force. */
export async function changeVolumes(
  kv: Kv,
  change: (volumes: readonly VolumeEntry[]) => readonly VolumeEntry[],
  options: CallOptions = {},
): Promise<readonly ClassLayout[]> {
  for (let tries = 0; tries < maxAttempts; tries++) {
    const before = await readPlacement(kv, options);
    const changed = change(before.volumes.map(({ record }) => record));
    const layouts = planLayouts(before, changed);
    const volumes = changed.map((after) => ({ before: storedOf(before, after.id), after }));
    if (await changePlacement(kv, { volumes, layouts }, options)) return layouts.map(({ after }) => after);
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for the layout`);
}

type PlannedLayout = { readonly before: Stored<ClassLayout> | undefined; readonly after: ClassLayout };

function planLayouts(before: Placement, changed: readonly VolumeEntry[]): PlannedLayout[] {
  const byId = new Map([...before.volumes.map(({ record }) => record), ...changed].map((entry) => [entry.id, entry]));
  const placed = [...byId.values()]
    .filter(({ state }) => state === 'active')
    .map(({ id, weight, domain }) => ({ id, weight, domain }));
  return replicaClasses.map((classId) => {
    const stored = before.layouts.find(({ record }) => record.classId === classId);
    const previous = stored === undefined ? {} : { previous: stored.record };
    const { layout } = planLayout({
      classId,
      copies: classId,
      volumes: placed,
      epoch: (stored?.record.epoch ?? 0) + 1,
      ...previous,
    });
    return { before: stored, after: layout };
  });
}

function storedOf({ volumes }: Placement, id: VolumeId): Stored<VolumeEntry> | undefined {
  return volumes.find(({ record }) => record.id === id);
}

/** Gives one volume another state; `not_found` when there is none of this id. */
export function setVolumeState(
  kv: Kv,
  id: VolumeId,
  to: { readonly state: VolumeState; readonly reason: string },
  options: CallOptions = {},
): Promise<readonly ClassLayout[]> {
  return changeVolumes(
    kv,
    (volumes) => {
      const entry = volumes.find((volume) => volume.id === id);
      if (entry === undefined) throw new CopysetError('not_found', `there is no volume ${id}`);
      return [{ ...entry, ...to }];
    },
    options,
  );
}
