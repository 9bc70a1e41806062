/**
 * Why: any monotone quorum system is a list of minimal sets; as bit masks its duals, resilience and strategies are
 * short.
 */
import { at, range } from '../../numeric/lists.ts';

/** A set of nodes, one bit each. */
export type NodeSet = number;

export function sizeOf(set: NodeSet): number {
  let left = set;
  let count = 0;
  for (; left !== 0; left &= left - 1) count++;
  return count;
}

export function contains(outer: NodeSet, inner: NodeSet): boolean {
  return (outer & inner) === inner;
}

/** Those that contain no other of the list; each once. */
export function minimalSets(sets: readonly NodeSet[]): NodeSet[] {
  const unique = [...new Set(sets)];
  return unique.filter((set) => !unique.some((other) => other !== set && contains(set, other)));
}

/** The minimal sets that meet every given one: the write quorums that go with these read quorums, and the reverse. */
export function minimalTransversals(quorums: readonly NodeSet[], nodes: number): NodeSet[] {
  return quorums.reduce<NodeSet[]>(
    (partial, quorum) => {
      const extended = partial.flatMap((set) =>
        set & quorum
          ? [set]
          : range(nodes)
              .filter((bit) => (quorum >> bit) & 1)
              .map((bit) => set | (1 << bit)),
      );
      return minimalSets(extended);
    },
    [0],
  );
}

/** Minimal sets that still contain a quorum after any `failures` of their members are gone. */
export function resilientSets(quorums: readonly NodeSet[], nodes: number, failures: number): NodeSet[] {
  if (failures === 0) return minimalSets(quorums);
  const all = range(2 ** nodes).filter((set) => survives(set, quorums, failures));
  return minimalSets(all);
}

function survives(set: NodeSet, quorums: readonly NodeSet[], failures: number): boolean {
  if (!quorums.some((quorum) => contains(set, quorum))) return false;
  if (failures === 0) return true;
  for (let left = set; left !== 0; left &= left - 1) {
    if (!survives(set & ~(left & -left), quorums, failures - 1)) return false;
  }
  return true;
}

/** All non-empty antichains of non-empty node sets: 166 for 4 nodes, 7,579 for 5. More nodes: use families. */
export function antichains(nodes: number): NodeSet[][] {
  const sets = range(2 ** nodes - 1).map((index) => index + 1);
  const found: NodeSet[][] = [];
  const grow = (chosen: NodeSet[], from: number) => {
    for (let index = from; index < sets.length; index++) {
      const set = at(sets, index);
      if (chosen.some((other) => contains(other, set) || contains(set, other))) continue;
      const next = [...chosen, set];
      found.push(next);
      grow(next, index + 1);
    }
  };
  grow([], 0);
  return found;
}
