/**
 * Why: a layout from nothing. As in Copysets (Cidon et al., USENIX ATC 2013) volumes are permuted and cut into
 * copysets, and the number of permutations is the dial of the scatter width. Weights and failure domains come in by the
 * way of cutting: lay the shares of the volumes end to end, siblings of the domain tree side by side, and wrap the line
 * around the partitions (McNaughton's rule). Whatever lies together, a volume or a domain, is then spread over the
 * partitions as evenly as integers can be, so every column of the wrap is a copyset and every share is met exactly.
 */
import { partitionCount } from '../base/block-name.ts';
import { type Random, shuffled } from '../base/random.ts';
import type { SpreadTree } from './spread-tree.ts';

export type FirstInput = {
  readonly tree: SpreadTree;
  readonly shares: readonly number[];
  /** How many times the volumes are permuted, 1 to the number of partitions. */
  readonly rounds: number;
  readonly random: Random;
};

/** Partition -> members by slot. */
export function firstPlacement({ tree, shares, rounds, random }: FirstInput): number[][] {
  const placed: number[][] = [];
  let left = shares;
  for (let round = 0; round < rounds; round++) {
    const open = partitionCount - placed.length;
    const count = Math.ceil(open / (rounds - round));
    const order = siblingOrder(tree, random);
    const parts = portions(order, left, { count, open, phase: random.integer(open) });
    placed.push(...wrap(order, parts, count).map(slotOrder));
    left = left.map((share, volume) => share - (parts[volume] as number));
  }
  return placed;
}

/** All volumes by chance, but those of a group side by side. */
function siblingOrder(tree: SpreadTree, random: Random): number[] {
  const rank = shuffled(random, [...tree.groups.keys()]);
  const order = shuffled(random, [...tree.paths.keys()]);
  const rankAt = (volume: number, depth: number) => rank[tree.paths[volume]?.[depth] as number] as number;
  for (let depth = (tree.paths[0]?.length ?? 0) - 1; depth > 0; depth--) {
    order.sort((left, right) => rankAt(left, depth) - rankAt(right, depth)); // stable: the last sort is the widest
  }
  return order;
}

/**
 * What `count` of the `open` partitions take of each share: the exact portion rounded up or down, and so is the sum
 * over any run of the order, a group's included. The phase makes rounding up as likely as it is due.
 */
function portions(
  order: readonly number[],
  shares: readonly number[],
  { count, open, phase }: { readonly count: number; readonly open: number; readonly phase: number },
): number[] {
  const parts = shares.map(() => 0);
  let end = phase;
  for (const volume of order) {
    const start = end;
    end += (shares[volume] as number) * count;
    parts[volume] = Math.floor(end / open) - Math.floor(start / open);
  }
  return parts;
}

function wrap(order: readonly number[], parts: readonly number[], count: number): number[][] {
  const columns = Array.from({ length: count }, (): number[] => []);
  let next = 0;
  for (const volume of order) {
    for (let given = 0; given < (parts[volume] as number); given++) columns[next++ % count]?.push(volume);
  }
  return columns;
}

/** One order for one set, so that equal sets are one copyset; who comes first differs from set to set. */
function slotOrder(members: readonly number[]): number[] {
  const sorted = members.toSorted((left, right) => left - right);
  const first = sorted.reduce((sum, member) => sum + member, 0) % sorted.length;
  return [...sorted.slice(first), ...sorted.slice(0, first)];
}
