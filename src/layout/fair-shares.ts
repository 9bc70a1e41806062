/**
 * Why: how many (partition, slot) pairs each volume should hold. Pairs are given out one by one, each to the volume
 * that is then the least full for its weight and whose domains still have room: greedy is optimal for such nested
 * limits (Federgruen and Groenevelt, Operations Research 34(6), 1986), exact in integers, and steady: a volume that
 * joins only takes, one that leaves only gives.
 */
import { partitionCount } from '../base/block-name.ts';
import type { SpreadTree } from './spread-tree.ts';

export type ShareInput = {
  readonly tree: SpreadTree;
  readonly weights: readonly number[];
  /** What each volume holds now: where two are equally full, the pair stays where it is. */
  readonly held: readonly number[];
};

/** Pairs per volume; their sum is the tree's size times the partitions. */
export function fairShares({ tree, weights, held }: ShareInput): number[] {
  const shares = new Shares(tree, weights, held);
  // Inner groups first: what a group must have at least is what it would be given of more, too.
  for (let group = tree.groups.length - 1; group >= 0; group--) shares.fill(group);
  return shares.ofVolumes;
}

class Shares {
  readonly ofVolumes: number[];
  readonly #ofGroups: number[];
  readonly #tree: SpreadTree;
  readonly #weights: readonly number[];
  readonly #held: readonly number[];

  constructor(tree: SpreadTree, weights: readonly number[], held: readonly number[]) {
    this.#tree = tree;
    this.#weights = weights;
    this.#held = held;
    this.ofVolumes = weights.map(() => 0);
    this.#ofGroups = tree.groups.map(() => 0);
  }

  /** Gives until the group has its least. */
  fill(group: number): void {
    const { volumes, least } = this.#tree.groups[group] as SpreadTree['groups'][number];
    while ((this.#ofGroups[group] as number) < least * partitionCount) {
      this.#give(volumes.filter((volume) => this.#hasRoom(volume)).reduce((left, right) => this.#emptier(left, right)));
    }
  }

  #give(volume: number): void {
    this.ofVolumes[volume] = (this.ofVolumes[volume] as number) + 1;
    for (const group of this.#path(volume)) this.#ofGroups[group] = (this.#ofGroups[group] as number) + 1;
  }

  #hasRoom(volume: number): boolean {
    const groupHasRoom = (group: number) =>
      (this.#ofGroups[group] as number) < (this.#tree.groups[group]?.most ?? 0) * partitionCount;
    return (this.ofVolumes[volume] as number) < partitionCount && this.#path(volume).every(groupHasRoom);
  }

  #emptier(left: number, right: number): number {
    const difference = this.#fullness(left) - this.#fullness(right);
    if (difference !== 0) return difference < 0 ? left : right;
    return this.#wouldKeep(right) && !this.#wouldKeep(left) ? right : left;
  }

  #fullness(volume: number): number {
    return ((this.ofVolumes[volume] as number) + 0.5) / (this.#weights[volume] as number);
  }

  #wouldKeep(volume: number): boolean {
    return (this.#held[volume] as number) > (this.ofVolumes[volume] as number);
  }

  #path(volume: number): readonly number[] {
    return this.#tree.paths[volume] as readonly number[];
  }
}
