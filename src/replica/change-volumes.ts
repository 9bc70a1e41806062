/**
 * Why: whatever changes the set of volumes (one is added, drained, retired, lost) plans all layouts anew and commits
 * volumes and layouts together. A change that would leave a class with fewer domains than its copies is made all the
 * same when the volume is gone anyway; `status` says what cannot heal.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { changePlacement, readLayout, readPlacement, readVolume } from '../catalog/placement.ts';
import type { VolumeEntry, VolumeState } from '../catalog/records/volume-entry.ts';
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
    const { volumes } = await readPlacement(kv, options);
    const changed = change(volumes);
    const byId = new Map([...volumes, ...changed].map((entry) => [entry.id, entry]));
    const layouts = await planLayouts(kv, [...byId.values()], options);
    const entries = await Promise.all(
      changed.map(async (after) => ({ before: await readVolume(kv, after.id, options), after })),
    );
    if (await changePlacement(kv, { volumes: entries, layouts }, options)) return layouts.map(({ after }) => after);
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for the layout`);
}

async function planLayouts(
  kv: Kv,
  volumes: readonly VolumeEntry[],
  options: CallOptions,
): Promise<{ before: Awaited<ReturnType<typeof readLayout>>; after: ClassLayout }[]> {
  const placed = volumes
    .filter(({ state }) => state === 'active')
    .map(({ id, weight, domain }) => ({ id, weight, domain }));
  return Promise.all(
    replicaClasses.map(async (classId) => {
      const before = await readLayout(kv, classId, options);
      const previous = before === undefined ? {} : { previous: before.record };
      const { layout } = planLayout({
        classId,
        copies: classId,
        volumes: placed,
        epoch: (before?.record.epoch ?? 0) + 1,
        ...previous,
      });
      return { before, after: layout };
    }),
  );
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
