/**
 * Why: what a layout costs and gives, in numbers: for the planner, for `status`, and for the tests of the planning
 * itself.
 */
import { partitionCount } from '../base/block-name.ts';
import type { VolumeId } from '../base/ids.ts';
import { keptPlacement } from './adjust-placement.ts';
import { type ClassLayout, type Copyset, copysetOfPartition, type LayoutVolume } from './layout.ts';
import { hole } from './placement.ts';
import { situationOf } from './situation.ts';

export type Movement = {
  /** (Partition, slot) pairs that get a volume which did not hold the partition before. */
  readonly pairs: number;
  readonly partitions: number;
  /** Pairs by the volume that gets them. */
  readonly into: ReadonlyMap<VolumeId, number>;
};

export type VolumeBalance = {
  /** (Partition, slot) pairs on the volume. */
  readonly pairs: number;
  /** What its weight asks for, within what the failure domains allow. */
  readonly share: number;
};

export function movementOf(before: ClassLayout, after: ClassLayout): Movement {
  const arrivals = copysetByPartition(after).map((copyset, partition) => {
    const old = copysetOfPartition(before, partition);
    return copyset.filter((volume) => !old.includes(volume));
  });
  const into = countOf(arrivals.flat());
  return { pairs: arrivals.flat().length, partitions: arrivals.filter((volumes) => volumes.length > 0).length, into };
}

/**
 * No layout over these volumes that keeps to domains and shares moves fewer pairs than this away from `before`: every
 * missing pair has to come, every slot that lost its volume or no longer fits has to be filled, and a volume that
 * already is in the copysets with such slots can get its missing pairs only from slots that are still occupied.
 */
export function movementLowerBound(before: ClassLayout, volumes: readonly LayoutVolume[]): number {
  const situation = situationOf(before.copies, volumes, before);
  const held = countOf(situation.before.flat());
  const missing = situation.shares.map((share, volume) => Math.max(share - (held.get(volume) ?? 0), 0));
  const open = situation.before.filter((slots) => slots.includes(hole));
  const beyond = missing.map((pairs, volume) => pairs - open.filter((slots) => !slots.includes(volume)).length);
  const kept = keptPlacement(situation);
  const unfit = [...kept.slots.keys()].map((partition) => kept.holes(partition).length);
  return Math.max(sum(missing), sum(unfit), (held.get(hole) ?? 0) + sum(beyond.map((pairs) => Math.max(pairs, 0))));
}

/** Every volume that has weight or holds anything; those without weight have a share of zero. */
export function balanceOf(layout: ClassLayout, volumes: readonly LayoutVolume[]): ReadonlyMap<VolumeId, VolumeBalance> {
  const held = countOf(copysetByPartition(layout).flat());
  const situation = situationOf(layout.copies, volumes, layout);
  const shares = new Map(situation.volumes.map(({ id }, index) => [id, situation.shares[index] as number]));
  const ids = new Set([...shares.keys(), ...held.keys()]);
  return new Map([...ids].map((id) => [id, { pairs: held.get(id) ?? 0, share: shares.get(id) ?? 0 }]));
}

/** Volume -> how many others share a copyset with it: who takes part in its repair, and whose loss with it may hurt. */
export function scatterWidths(layout: ClassLayout): ReadonlyMap<VolumeId, number> {
  return new Map([...partnersOf(copysetByPartition(layout))].map(([volume, partners]) => [volume, partners.size]));
}

/** Copysets that differ as sets: losing all members of any one of them loses data. */
export function distinctCopysets(layout: ClassLayout): number {
  return new Set(copysetByPartition(layout).map((copyset) => copyset.toSorted().join())).size;
}

/** Member -> all that are in one set with it. */
export function partnersOf<T>(sets: readonly (readonly T[])[]): ReadonlyMap<T, ReadonlySet<T>> {
  const partners = new Map<T, Set<T>>();
  for (const set of sets) {
    for (const member of set) {
      const known = partners.get(member) ?? new Set<T>();
      for (const other of set) if (other !== member) known.add(other);
      partners.set(member, known);
    }
  }
  return partners;
}

function copysetByPartition(layout: ClassLayout): Copyset[] {
  return Array.from({ length: partitionCount }, (_, partition) => copysetOfPartition(layout, partition));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function countOf<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
