/** Why: which volumes there are and which layout is in force change together, in one commit, under a new epoch. */
import type { CallOptions } from '../base/async/abort.ts';
import type { Expectation, Kv, Put } from '../kv/kv.ts';
import type { ClassLayout } from '../layout/layout.ts';
import { uintField } from './codec/fields.ts';
import { allLayouts, epochKey, epochValue, layoutCodec, layoutKey } from './records/layout-entry.ts';
import { allVolumes, type VolumeEntry, volumeCodec, volumeKey } from './records/volume-entry.ts';
import { absent, readRecord, type Stored, scanRecords, unchanged } from './stored.ts';

export type Placement = {
  readonly layouts: readonly Stored<ClassLayout>[];
  readonly volumes: readonly Stored<VolumeEntry>[];
};

/**
 * The layouts are read before the volumes. A change of volumes changes all layouts with them, so that whoever commits
 * with these layouts as the expectation also knows that no volume, touched by the commit or not, changed since.
 */
export async function readPlacement(kv: Kv, options: CallOptions = {}): Promise<Placement> {
  const layouts = await Array.fromAsync(scanRecords(kv, layoutCodec, allLayouts, options));
  const volumes = await Array.fromAsync(scanRecords(kv, volumeCodec, allVolumes, options));
  return { layouts, volumes };
}

export function readLayout(
  kv: Kv,
  classId: number,
  options: CallOptions = {},
): Promise<Stored<ClassLayout> | undefined> {
  return readRecord(kv, layoutCodec, layoutKey(classId), options);
}

/** Of the layout in force, without reading it. */
export async function readEpoch(kv: Kv, classId: number, options: CallOptions = {}): Promise<number | undefined> {
  const entry = await kv.get(epochKey(classId), options);
  return entry === undefined ? undefined : uintField.decode(entry.value);
}

export type PlacementChange = {
  readonly volumes: readonly { readonly before: Stored<VolumeEntry> | undefined; readonly after: VolumeEntry }[];
  readonly layouts: readonly { readonly before: Stored<ClassLayout> | undefined; readonly after: ClassLayout }[];
};

/** False when something changed since it was read: plan again. */
export async function changePlacement(kv: Kv, change: PlacementChange, options: CallOptions = {}): Promise<boolean> {
  const expect: Expectation[] = [];
  const put: Put[] = [];
  for (const { before, after } of change.volumes) {
    expect.push(before === undefined ? absent(volumeKey(after.id)) : unchanged(before));
    put.push({ key: volumeKey(after.id), value: volumeCodec.encode(after) });
  }
  for (const { before, after } of change.layouts) {
    expect.push(before === undefined ? absent(layoutKey(after.classId)) : unchanged(before));
    put.push(
      { key: layoutKey(after.classId), value: layoutCodec.encode(after) },
      { key: epochKey(after.classId), value: epochValue(after) },
    );
  }
  return (await kv.commit({ expect, put }, options)).committed;
}
