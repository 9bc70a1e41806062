/** Why: a volume of the simulated machine: the disk of its blocks, the disk of its journal, and what befell them. */
import type { Clock } from '../../../src/base/clock.ts';
import { FaultSchedule } from '../../../src/base/fault-schedule.ts';
import type { StoreId, VolumeId } from '../../../src/base/ids.ts';
import type { Random } from '../../../src/base/random.ts';
import { createFileVolume } from '../../../src/volume/file/create-file-volume.ts';
import { damagingRates, journalRates, volumeRates } from './rates.ts';
import { SimDisk } from './sim-disk.ts';

export type Slot = {
  readonly id: VolumeId;
  readonly path: string;
  /** Slots of one device fail together. */
  readonly device: string;
  readonly blocks: SimDisk;
  readonly journal: SimDisk;
  isUnplugged: boolean;
  /** Its names are gone for good. */
  isWiped: boolean;
};

export type NewSlot = {
  readonly number: number;
  readonly device: string;
  readonly storeId: StoreId;
  readonly clock: Clock;
  readonly random: Random;
};

/** A volume as `copyset volume add` leaves it, its journal folder empty. Its faults begin paused. */
export async function makeSlot({ number, device, storeId, clock, random }: NewSlot): Promise<Slot> {
  const path = `/v${number}`;
  const blocks = new SimDisk(path, troublesOf(random, volumeRates));
  const journal = new SimDisk(`${path}/journal`, troublesOf(random, journalRates));
  const { volumeId } = await createFileVolume({ disk: blocks.memory, storeId, clock, random });
  return { id: volumeId, path, device, blocks, journal, isUnplugged: false, isWiped: false };
}

export function unplug(slot: Slot): void {
  slot.isUnplugged = true;
  for (const disk of [slot.blocks, slot.journal]) disk.unplug();
}

export function plugIn(slot: Slot): void {
  slot.isUnplugged = false;
  for (const disk of [slot.blocks, slot.journal]) disk.plugIn();
}

export function wipe(slot: Slot): void {
  slot.isWiped = true;
  for (const disk of [slot.blocks, slot.journal]) disk.wipe();
}

function troublesOf(random: Random, rates: Readonly<Record<string, number>>) {
  const passing = new FaultSchedule({ seed: random.integer(2 ** 32), rates, maxDelayMs: 300 });
  const damaging = new FaultSchedule({ seed: random.integer(2 ** 32), rates: damagingRates });
  passing.pause();
  damaging.pause();
  return { passing, damaging };
}
