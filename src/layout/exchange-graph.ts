/**
 * Why: where a volume with too much and one with too little share no partition in which one can give way to the other,
 * a third stands between. The volumes are the nodes of a graph, exchanges that keep a copyset its arcs, and what an
 * exchange adds to the movement (1, 0, or -1 where a volume comes back to where it was) is their length.
 *
 * Copysets within the tree's ranges are the bases of a matroid, partition by partition. So the way by which shares are
 * met with the least movement is the one known from weighted matroid intersection (Frank, 1981): from a placement that
 * moves the least, go again and again by a shortest path, of these by one with the fewest arcs; it stays one that moves
 * the least, and every copyset crossed stays one.
 */
import { leastBy } from './least-by.ts';
import type { Exchange, Placement } from './placement.ts';

type Arc = Exchange & { readonly out: number; readonly cost: number };

/** Pairs that an exchange adds to the movement: -1, 0 or 1. */
export type CostOf = (partition: number, out: number, into: number) => number;

/** More than a path has arcs. */
const costUnit = 4096;

/** From a volume above its share to one below it; undefined when there is no way or it costs more. */
export function shortestPath(placement: Placement, costOf: CostOf, maxCost: number): readonly Exchange[] | undefined {
  const volumes = [...placement.tree.paths.keys()];
  const arcs = arcsOf(placement, costOf);
  const lengths = volumes.map((volume) => (placement.surplus(volume) > 0 ? 0 : Number.POSITIVE_INFINITY));
  const arrivals = new Map<number, Arc>();
  const changed = new Set(placement.overfull());
  for (const from of changed) {
    changed.delete(from);
    for (const arc of arcs[from] ?? []) {
      const length = (lengths[from] as number) + arc.cost * costUnit + 1;
      if (length >= (lengths[arc.into] as number)) continue;
      lengths[arc.into] = length;
      arrivals.set(arc.into, arc);
      changed.add(arc.into); // the walk over the set goes on into what it gains
    }
  }
  const nearest = leastBy(placement.wanting(), (volume) => lengths[volume] as number);
  if (nearest === undefined || (lengths[nearest] as number) >= (maxCost + 1) * costUnit) return undefined;
  return pathTo(nearest, arrivals);
}

function pathTo(last: number, arrivals: ReadonlyMap<number, Arc>): Exchange[] {
  const path: Exchange[] = [];
  for (let arc = arrivals.get(last); arc !== undefined; arc = arrivals.get(arc.out)) path.push(arc);
  return path;
}

/** By the volume that gives way: to each other volume the cheapest exchange. */
function arcsOf(placement: Placement, costOf: CostOf): Arc[][] {
  const volumes = [...placement.tree.paths.keys()];
  const best = volumes.map((): Arc[] => []);
  for (const [partition, members] of placement.slots.entries()) {
    for (const [slot, out] of members.entries()) {
      const known = best[out] as Arc[];
      for (const into of volumes) {
        const cost = costOf(partition, out, into);
        if (cost >= (known[into]?.cost ?? 2) || !placement.fits({ partition, slot, into })) continue;
        known[into] = { partition, slot, into, out, cost };
      }
    }
  }
  return best.map((arcs) => arcs.filter((arc) => arc !== undefined));
}
