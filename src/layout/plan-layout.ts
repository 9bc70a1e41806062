/**
 * Why: computes the table partition -> copyset. Pure and deterministic: the same volumes give the same layout in every
 * process and every version (golden vectors in the test), since what it says is where the bytes are.
 *
 * What it holds to, in this order: copysets over as many and as even domains as there are (spread-tree.ts); shares by
 * weight within what the domains allow (fair-shares.ts); with a previous layout, as few moves as that takes; and then
 * the scatter width. The width shapes a first layout and leans later ones, which balance and few moves shape more.
 */
import { assert } from '../base/assert.ts';
import type { ClassId } from '../base/block-address.ts';
import { partitionCount } from '../base/block-name.ts';
import { seededRandom } from '../base/random.ts';
import { adjustPlacement } from './adjust-placement.ts';
import { firstPlacement } from './first-placement.ts';
import { type ClassLayout, type Copyset, copysetOfPartition, type LayoutVolume } from './layout.ts';
import { partnersOf } from './layout-measures.ts';
import { type Situation, situationOf } from './situation.ts';
import type { SpreadLevel } from './spread-tree.ts';

export type PlanLayoutInput = {
  readonly classId: ClassId;
  readonly copies: number;
  /** In any order. Those of weight zero are drained, as if they were absent. */
  readonly volumes: readonly LayoutVolume[];
  readonly previous?: ClassLayout;
  /** How many volumes one volume should share copysets with, on average; without it as many as there are. */
  readonly scatterWidth?: number;
  /** Above the previous one. */
  readonly epoch: number;
};

export type PlannedLayout = {
  readonly layout: ClassLayout;
  /** Copies that have no volume of their own: copysets are that much shorter than `copies`. */
  readonly shortOf: number;
  /** The widest level at which all members of every copyset are in different domains. */
  readonly spreadLevel: SpreadLevel;
};

export function planLayout(input: PlanLayoutInput): PlannedLayout {
  const { classId, copies, previous, epoch } = input;
  assert(
    previous === undefined || (previous.copies === copies && previous.epoch < epoch),
    'a later layout of one class',
  );
  const situation = situationOf(copies, input.volumes, previous);
  const { tree, volumes } = situation;
  const rows = previous === undefined ? placeFirst(situation, input) : placeAgain(situation, previous, input);
  const table = tableOf(rows.map((row) => row.map((index) => (volumes[index] as LayoutVolume).id)));
  const settled: ClassLayout = { classId, copies, epoch, ...table, moving: new Map() };
  const moving = previous === undefined ? settled.moving : movingFrom(previous, settled);
  return { layout: { ...settled, moving }, shortOf: copies - tree.size, spreadLevel: tree.level };
}

type Rows = readonly (readonly number[])[];

/** As many permutations as the scatter width takes; one for each partition makes it as wide as it can be. */
function placeFirst({ tree, shares, volumes }: Situation, { classId, scatterWidth = Infinity }: PlanLayoutInput): Rows {
  const place = (rounds: number) => firstPlacement({ tree, shares, rounds, random: seededRandom(classId) });
  if (scatterWidth >= volumes.length - 1) return place(partitionCount);
  for (let rounds = Math.ceil(scatterWidth / Math.max(tree.size - 1, 1)); rounds > 1; rounds--) {
    const rows = place(rounds);
    if (meanScatter(rows) <= scatterWidth) return rows;
  }
  return place(1);
}

function meanScatter(rows: Rows): number {
  const partners = partnersOf(rows);
  return [...partners.values()].reduce((sum, { size }) => sum + size, 0) / partners.size;
}

function placeAgain(situation: Situation, previous: ClassLayout, { scatterWidth = Infinity }: PlanLayoutInput): Rows {
  const { volumes } = situation;
  const hasData = (partition: number, volume: number) =>
    placesOf(previous, partition).includes((volumes[volume] as LayoutVolume).id);
  return adjustPlacement({ ...situation, hasData, narrow: scatterWidth < volumes.length - 1 });
}

/** Equal copysets are listed once. */
function tableOf(copysetByPartition: readonly Copyset[]): Pick<ClassLayout, 'copysets' | 'partitions'> {
  const indexOf = new Map<string, number>();
  const copysets: Copyset[] = [];
  const partitions = copysetByPartition.map((copyset) => {
    const index = indexOf.get(copyset.join()) ?? copysets.push(copyset) - 1;
    indexOf.set(copyset.join(), index);
    return index;
  });
  return { copysets, partitions };
}

/**
 * A changed partition may have data wherever the previous layout would have looked for it: in the copyset that took its
 * writes, and, while that was still filling, in those before. An unchanged one goes on moving from where it did.
 */
function movingFrom(previous: ClassLayout, next: ClassLayout): ReadonlyMap<number, Copyset> {
  const moving = new Map(previous.moving);
  for (let partition = 0; partition < partitionCount; partition++) {
    const old = copysetOfPartition(previous, partition);
    if (old.join() === copysetOfPartition(next, partition).join()) continue;
    moving.set(partition, placesOf(previous, partition));
  }
  return moving;
}

/** The volumes where the partition's data may be, as `holdersOf` for a block of it. */
function placesOf(layout: ClassLayout, partition: number): Copyset {
  const current = copysetOfPartition(layout, partition);
  const before = layout.moving.get(partition) ?? [];
  return [...current, ...before.filter((volume) => !current.includes(volume))];
}
