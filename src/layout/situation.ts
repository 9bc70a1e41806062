/**
 * Why: planning and measuring start from the same facts: volumes in one order, their domains, their shares, the old
 * table.
 */
import { assert } from '../base/assert.ts';
import { partitionCount } from '../base/block-name.ts';
import { fairShares } from './fair-shares.ts';
import { type ClassLayout, copysetOfPartition, type LayoutVolume } from './layout.ts';
import { hole } from './placement.ts';
import { type SpreadTree, spreadTree } from './spread-tree.ts';

export type Situation = {
  /** Those with weight, by id; elsewhere a volume is its index in here. */
  readonly volumes: readonly LayoutVolume[];
  readonly tree: SpreadTree;
  /** Partition -> volume by slot as it was before, `tree.size` long, `hole` where the volume is not there now. */
  readonly before: readonly (readonly number[])[];
  /** (Partition, slot) pairs that each volume should hold. */
  readonly shares: readonly number[];
};

export function situationOf(copies: number, given: readonly LayoutVolume[], previous?: ClassLayout): Situation {
  const volumes = usableVolumes(given);
  const tree = spreadTree(volumes, copies);
  const numberOf = new Map(volumes.map((volume, index) => [volume.id, index]));
  const before = Array.from({ length: partitionCount }, (_, partition) => {
    const old = previous === undefined ? [] : copysetOfPartition(previous, partition);
    return slotsFor(
      old.map((id) => numberOf.get(id) ?? hole),
      tree.size,
    );
  });
  const held = volumes.map(() => 0);
  for (const volume of before.flat()) if (volume !== hole) held[volume] = (held[volume] as number) + 1;
  const weights = volumes.map(({ weight }) => weight);
  return { volumes, tree, before, shares: fairShares({ tree, weights, held }) };
}

function usableVolumes(given: readonly LayoutVolume[]): LayoutVolume[] {
  assert(new Set(given.map(({ id }) => id)).size === given.length, 'volumes have different ids');
  assert(
    given.every(({ weight }) => weight >= 0 && Number.isFinite(weight)),
    'weights are numbers from zero',
  );
  return given.filter(({ weight }) => weight > 0).sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** Every volume keeps its slot; where the copyset gets shorter, those beyond its end move into holes. */
function slotsFor(old: readonly number[], size: number): number[] {
  const slots = Array.from({ length: size }, (_, slot) => old[slot] ?? hole);
  for (const volume of old.slice(size)) if (volume !== hole) slots[slots.indexOf(hole)] = volume;
  return slots;
}
