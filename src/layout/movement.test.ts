import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ClusterChange,
  changed,
  clusterOf,
  copysetsByPartition,
  flatVolumes,
  planned,
  type Stage,
  stagesOf,
} from './cluster-arbitrary.ts';
import type { ClassLayout, Copyset, LayoutVolume } from './layout.ts';
import { balanceOf, movementLowerBound, movementOf } from './layout-measures.ts';
import { fits, type SpreadTree, spreadTree } from './spread-tree.ts';

/** Many clusters, on a busy machine. */
const slowMs = 60_000;

test(
  'where racks are as many as copies a volume added, drained or lost moves within 10 % of the lower bound',
  () => {
    const cluster = fc.record({
      copies: fc.integer({ min: 1, max: 5 }),
      moreRacks: fc.integer({ min: 0, max: 7 }),
      perRack: fc.integer({ min: 2, max: 5 }),
      change: clusterOf({ least: 3, most: 3, changes: 1 }).map(({ changes }) => changes[0] as ClusterChange),
    });
    fc.assert(
      fc.property(cluster, ({ copies, moreRacks, perRack, change }) => {
        const all = racked(copies + moreRacks, perRack);
        const volumes = change.kind === 'add' ? all.slice(0, -1) : all;
        const before = planned(volumes, copies);
        const now = changed(volumes, { ...change, volume: all.at(-1) as LayoutVolume });
        const moved = movementOf(before, planned(now, copies, { previous: before })).pairs;
        expect(moved).toBeLessThanOrEqual(movementLowerBound(before, now) * 1.1);
      }),
      { numRuns: 20 },
    );
  },
  slowMs,
);

function racked(racks: number, perRack: number): LayoutVolume[] {
  return flatVolumes(racks * perRack).map(({ domain: [site, zone, , node, disk], ...volume }, index) => {
    return { ...volume, domain: [site, zone, `rack-${Math.floor(index / perRack)}`, node, disk] };
  });
}

test(
  'over domains of any shape nothing that keeps domains and shares moves less',
  () => {
    fc.assert(
      fc.property(clusterOf({ least: 3, most: 14, changes: 2 }), (cluster) => {
        for (const stage of stagesOf(cluster).slice(1)) {
          const { previous, layout, volumes } = stage;
          const moved = movementOf(previous as ClassLayout, layout).pairs;
          expect(moved).toBe(dualBound(stage, cluster.copies));
          expect(movementLowerBound(previous as ClassLayout, volumes)).toBeLessThanOrEqual(moved);
        }
      }),
      { numRuns: 15 },
    );
  },
  slowMs,
);

/**
 * A certificate by duality. Put any price on each volume: whoever keeps to the shares pays the same sum of prices, so
 * the movement plus prices is at least what each partition would pay were it free to choose, whatever the prices are.
 * The best prices are distances over single exchanges; with them the bound meets the movement exactly when it is the
 * least.
 */
function dualBound({ volumes, layout, previous }: Stage, copies: number): number {
  const used = volumes.filter(({ weight }) => weight > 0);
  const tree = spreadTree(used, copies);
  const numbered = (table: ClassLayout) =>
    copysetsByPartition(table).map((copyset) => copyset.map((id) => used.findIndex((volume) => volume.id === id)));
  const old = numbered(previous as ClassLayout);
  const rows = numbered(layout).map((members, partition) => ({ members, old: old[partition] as number[] }));
  const kinds = [...Map.groupBy(rows, (row) => JSON.stringify(row)).values()];
  const prices = pricesFor(
    tree,
    kinds.map(([row]) => row as Row),
  );
  const free = kinds.reduce((sum, same) => sum + same.length * cheapestSet(tree, prices, (same[0] as Row).old), 0);
  const balance = balanceOf(layout, volumes);
  return used.reduce((sum, { id }, volume) => sum + (balance.get(id)?.share ?? 0) * (prices[volume] as number), free);
}

type Row = { readonly members: readonly number[]; readonly old: readonly number[] };

/**
 * Shortest distances from anywhere, where an exchange is as long as what it adds to the movement (Bellman and Ford).
 */
function pricesFor(tree: SpreadTree, rows: readonly Row[]): number[] {
  const volumes = [...tree.paths.keys()];
  const lengths = new Map<string, number>();
  for (const { members, old } of rows) {
    for (const out of members) {
      for (const into of volumes.filter((volume) => !members.includes(volume))) {
        if (!fits(tree, [...members.filter((member) => member !== out), into])) continue;
        const length = Number(old.includes(out)) - Number(old.includes(into));
        lengths.set(`${out},${into}`, Math.min(length, lengths.get(`${out},${into}`) ?? 1));
      }
    }
  }
  const arcs = [...lengths].map(([ends, length]) => ({
    ends: ends.split(',').map(Number) as [number, number],
    length,
  }));
  const distances = volumes.map(() => 0);
  for (let round = 0; round <= volumes.length; round++) {
    for (const {
      ends: [out, into],
      length,
    } of arcs) {
      distances[into] = Math.min(distances[into] as number, (distances[out] as number) + length);
    }
  }
  return distances;
}

/** Movement minus prices of the set that makes it least: greedy, since sets that fit are bases of a matroid. */
function cheapestSet(tree: SpreadTree, prices: readonly number[], old: readonly number[]): number {
  const cost = (volume: number) => Number(!old.includes(volume)) - (prices[volume] as number);
  const set: number[] = [];
  for (const volume of [...tree.paths.keys()].sort((left, right) => cost(left) - cost(right))) {
    if (set.length < tree.size && fits(tree, [...set, volume])) set.push(volume);
  }
  return set.reduce((sum, volume) => sum + cost(volume), 0);
}

test(
  'whoever stays in a copyset keeps its slot',
  () => {
    fc.assert(
      fc.property(clusterOf({ least: 6, most: 30, changes: 3 }), (cluster) => {
        for (const { previous, layout } of stagesOf(cluster, 6).slice(1)) {
          const old = copysetsByPartition(previous as ClassLayout);
          const strayed = copysetsByPartition(layout).filter((copyset, partition) => {
            const before = old[partition] as Copyset;
            return (
              before.length === copyset.length && copyset.some((id, slot) => before.includes(id) && before[slot] !== id)
            );
          });
          expect(strayed).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  },
  slowMs,
);

test('no change, no movement', () => {
  const before = planned(flatVolumes(7), 3);
  const after = planned(flatVolumes(7), 3, { previous: before });
  expect(movementOf(before, after)).toEqual({ pairs: 0, partitions: 0, into: new Map() });
  expect({ ...after, epoch: before.epoch }).toEqual(before);
});
