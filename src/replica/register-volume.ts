/**
 * Why: a volume is a member before a layout has it, so that whoever reads the layout finds it. One that could not be
 * registered is what the catalog says it is: else it would look like a volume of the store, and could not be added
 * again.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { readPlacement } from '../catalog/placement.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import type { Kv } from '../kv/kv.ts';
import type { Volume } from '../volume/volume.ts';
import { changeVolumes } from './change-volumes.ts';
import type { Member, Members } from './members.ts';

export type OpenVolume = { readonly entry: VolumeEntry; readonly volume: Volume };

type Registry = { readonly kv: Kv; readonly members: Members };

export async function registerVolume(
  { kv, members }: Registry,
  { entry, volume }: OpenVolume,
  options: CallOptions = {},
): Promise<Member> {
  const member = members.set(entry, volume);
  try {
    await changeVolumes(kv, () => [entry], options);
  } catch (error) {
    await asRegistered({ kv, members }, entry);
    throw error;
  }
  return member;
}

/** Whatever the outcome was. Where the catalog cannot be read, the next start knows. */
async function asRegistered({ kv, members }: Registry, { id }: VolumeEntry): Promise<void> {
  try {
    const { volumes } = await readPlacement(kv);
    const registered = volumes.find(({ record }) => record.id === id)?.record;
    if (registered === undefined) members.delete(id);
    else members.set(registered, undefined);
  } catch {
    // who asked hears of the first error
  }
}
