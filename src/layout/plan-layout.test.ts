import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionCount } from '../base/block-name.ts';
import {
  changed,
  clusterOf,
  copysetsByPartition,
  flatVolume,
  flatVolumes,
  planned,
  stagesOf,
  volumeId,
} from './cluster-arbitrary.ts';
import { type ClassLayout, type LayoutVolume, partitionsOn, withArrived } from './layout.ts';
import { balanceOf, distinctCopysets, scatterWidths } from './layout-measures.ts';
import { planLayout } from './plan-layout.ts';
import { fits, spreadTree } from './spread-tree.ts';

/** Many clusters, on a busy machine. */
const slowMs = 60_000;

const clusters = clusterOf({ least: 3, most: 60, changes: 3 });

test(
  'every copyset of every layout shares no domain that it need not share, and no volume',
  () => {
    fc.assert(
      fc.property(clusters, (cluster) => {
        for (const { volumes, layout } of stagesOf(cluster)) {
          const used = volumes.filter(({ weight }) => weight > 0);
          const tree = spreadTree(used, cluster.copies);
          const numberOf = new Map(used.map(({ id }, index) => [id, index]));
          for (const copyset of layout.copysets) {
            expect(new Set(copyset).size).toBe(Math.min(cluster.copies, used.length));
            expect(
              fits(
                tree,
                copyset.map((id) => numberOf.get(id) as number),
              ),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 12 },
    );
  },
  slowMs,
);

test(
  'no pair could go to a less full volume without sharing a domain',
  () => {
    fc.assert(
      fc.property(clusters, (cluster) => {
        for (const { volumes, layout } of stagesOf(cluster)) {
          const used = volumes.filter(({ weight }) => weight > 0);
          const balance = balanceOf(layout, volumes);
          const pairs = used.map(({ id }) => balance.get(id)?.pairs ?? 0);
          expect(emptierPlaces(used, pairs, cluster.copies)).toEqual([]);
          for (const { pairs: held, share } of balance.values()) expect(held).toBe(share);
        }
      }),
      { numRuns: 12 },
    );
  },
  slowMs,
);

/**
 * Pairs of volumes such that a pair given by the first to the second would leave the second less full than the first
 * was.
 */
function emptierPlaces(volumes: readonly LayoutVolume[], pairs: readonly number[], copies: number): string[] {
  const { groups } = spreadTree(volumes, copies);
  const totals = groups.map((group) => group.volumes.reduce((sum, volume) => sum + (pairs[volume] as number), 0));
  const mayMove = (from: number, to: number) =>
    groups.every(({ volumes: inside, least, most }, index) => {
      const [leaves, enters] = [inside.includes(from), inside.includes(to)];
      const total = (totals[index] as number) + Number(enters) - Number(leaves);
      return leaves === enters || (total >= least * partitionCount && total <= most * partitionCount);
    });
  const fullness = (volume: number, extra: number) =>
    ((pairs[volume] as number) + extra) / (volumes[volume]?.weight ?? 1);
  const found: string[] = [];
  for (const from of volumes.keys()) {
    for (const to of volumes.keys()) {
      if (from === to || pairs[from] === 0 || pairs[to] === partitionCount) continue;
      if (fullness(to, 0.5) < fullness(from, -0.5) && mayMove(from, to)) found.push(`${from} -> ${to}`);
    }
  }
  return found;
}

test(
  'without domains in the way volumes hold what their weight asks for, within 5 % or one pair',
  () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 5 }), (given, copies) => {
        const volumes = given.map((weight, index) => flatVolume(index + 1, weight));
        const balance = balanceOf(planned(volumes, copies), volumes);
        const ideal = idealPairs(given, Math.min(copies, given.length));
        for (const [index, pairs] of ideal.entries()) {
          const held = balance.get(volumeId(index + 1))?.pairs ?? 0;
          expect(Math.abs(held - pairs)).toBeLessThanOrEqual(Math.max(1, pairs * 0.05));
        }
      }),
      { numRuns: 25 },
    );
  },
  slowMs,
);

/** By weight; who is due more than every partition once has just that, and the others share the rest. */
function idealPairs(weights: readonly number[], copies: number): number[] {
  const capped = new Set<number>();
  for (;;) {
    const weight = weights.reduce((sum, each, index) => sum + (capped.has(index) ? 0 : each), 0);
    const each = ((copies - capped.size) * partitionCount) / weight;
    const over = weights.flatMap((own, index) => (!capped.has(index) && own * each > partitionCount ? [index] : []));
    if (over.length === 0) return weights.map((own, index) => (capped.has(index) ? partitionCount : own * each));
    for (const index of over) capped.add(index);
  }
}

test(
  'a read looks wherever a block may have been written until its partition arrives',
  () => {
    const arrivals = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(clusterOf({ least: 3, most: 12, changes: 6 }), arrivals, (cluster, arrives) => {
        let { volumes } = cluster;
        let layout = planned(volumes, cluster.copies);
        let written = copysetsByPartition(layout).map((copyset) => new Set(copyset));
        for (const [step, change] of cluster.changes.entries()) {
          if (arrives[step]) {
            const arrived = new Set([...layout.moving.keys()].filter((partition) => partition % 2 === 0));
            layout = withArrived(layout, arrived);
            written = written.map((places, partition) => (arrived.has(partition) ? new Set() : places));
          }
          volumes = changed(volumes, change);
          layout = planned(volumes, cluster.copies, { previous: layout });
          const current = copysetsByPartition(layout);
          written = written.map((places, partition) => new Set([...places, ...(current[partition] ?? [])]));
          const unseen = written.filter((places, partition) => {
            const looked = [...(current[partition] ?? []), ...(layout.moving.get(partition) ?? [])];
            return [...places].some((id) => !looked.includes(id));
          });
          expect(unseen).toEqual([]);
        }
      }),
      { numRuns: 12 },
    );
  },
  slowMs,
);

test('a partition moves exactly when its copyset changes, and goes on moving when it does not', () => {
  const first = planned(flatVolumes(5), 3);
  expect(first.moving.size).toBe(0);
  const second = planned(flatVolumes(6), 3, { previous: first });
  const different = copysetsByPartition(second).flatMap((copyset, partition) =>
    copyset.join() === copysetsByPartition(first)[partition]?.join() ? [] : [partition],
  );
  expect([...second.moving.keys()].toSorted((left, right) => left - right)).toEqual(different);
  for (const [partition, from] of second.moving) expect(from).toEqual(copysetsByPartition(first)[partition]);
  const third = planned(flatVolumes(6), 3, { previous: second });
  expect(third.moving).toEqual(second.moving);
});

test('a volume that comes back while its partitions still move gets most of them again', () => {
  const first = planned(flatVolumes(8), 3);
  const without = planned(flatVolumes(7), 3, { previous: first });
  const again = planned(flatVolumes(8), 3, { previous: without });
  const partitionsOf8 = (layout: ClassLayout) => partitionsOn(layout, volumeId(8));
  const kept = partitionsOf8(again).filter((partition) => partitionsOf8(first).includes(partition));
  expect(kept.length).toBeGreaterThan(partitionsOf8(first).length * 0.9);
});

test('fewer volumes than copies make shorter copysets and say so', () => {
  const plan = (volumes: readonly LayoutVolume[]) => planLayout({ classId: 3, copies: 3, volumes, epoch: 1 });
  const two = plan(flatVolumes(2));
  expect(two.shortOf).toBe(1);
  expect(copysetsByPartition(two.layout).every((copyset) => copyset.length === 2)).toBe(true);
  const none = plan([flatVolume(1, 0)]);
  expect(none.shortOf).toBe(3);
  expect(none.layout.copysets).toEqual([[]]);
  const grown = planned(flatVolumes(4), 3, { previous: none.layout });
  expect(copysetsByPartition(grown).every((copyset) => copyset.length === 3)).toBe(true);
});

test('the order of the given volumes changes nothing', () => {
  const volumes = flatVolumes(9).map((volume, index) => ({ ...volume, weight: 1 + (index % 3) }));
  const first = planned(volumes, 3);
  expect(planned(volumes.toReversed(), 3)).toEqual(first);
  const next = [...volumes, flatVolume(10)];
  expect(planned(next.toReversed(), 3, { previous: first })).toEqual(planned(next, 3, { previous: first }));
});

test.each([4, 8, 16, 24])('a scatter width of %i is kept on average, with copysets in proportion', (scatterWidth) => {
  const wide = planned(flatVolumes(48), 3);
  const layout = planned(flatVolumes(48), 3, { scatterWidth });
  const widths = [...scatterWidths(layout).values()];
  const mean = widths.reduce((sum, width) => sum + width, 0) / widths.length;
  expect(mean).toBeLessThanOrEqual(scatterWidth);
  expect(mean).toBeGreaterThan(scatterWidth / 2);
  expect(distinctCopysets(layout)).toBeLessThanOrEqual(48 * (scatterWidth / 2));
  expect(distinctCopysets(layout)).toBeLessThan(distinctCopysets(wide) / 1.5);
});

test('a change keeps a narrow scatter narrower than one that does not care', () => {
  const volumes = flatVolumes(24);
  const previous = planned(volumes, 3, { scatterWidth: 6 });
  const total = (layout: ClassLayout) => [...scatterWidths(layout).values()].reduce((sum, width) => sum + width, 0);
  const lost = volumes.slice(1);
  const narrow = total(planned(lost, 3, { previous, scatterWidth: 6 }));
  expect(narrow).toBeLessThan(total(planned(lost, 3, { previous })));
});

test('input that makes no sense is refused', () => {
  const layout = planned(flatVolumes(3), 3);
  expect(() => planned([flatVolume(1), flatVolume(1)], 1)).toThrow('different ids');
  expect(() => planned([flatVolume(1, -1)], 1)).toThrow('weights');
  expect(() => planned([flatVolume(1, Number.NaN)], 1)).toThrow('weights');
  expect(() => planLayout({ classId: 3, copies: 3, volumes: [], previous: layout, epoch: 1 })).toThrow('later layout');
});

/**
 * Golden vectors. Where the bytes are follows from these tables: a change here would move data in every store at its
 * next change of volumes. It needs a reason worth that, and a line in the changelog.
 */
test('placement never changes silently', () => {
  const racks = Array.from({ length: 20 }, (_, index): LayoutVolume => {
    return {
      id: volumeId(index * 7 + 1),
      weight: 1 + (index % 4),
      domain: ['s', 'z', `r${index % 5}`, `n${index % 10}`, `${index}`],
    };
  });
  const first = planned(racks, 3);
  const lost = planned(racks.slice(1), 3, { previous: first });
  const added = planned([...racks.slice(1), flatVolume(500, 2)], 3, { previous: lost });
  const narrow = planned(flatVolumes(12), 3, { scatterWidth: 4 });
  const [a, b, c, d] = [1, 2, 3, 4].map(volumeId);
  expect(copysetsByPartition(planned(flatVolumes(4), 3)).slice(0, 4)).toEqual([
    [b, d, a],
    [b, d, a],
    [a, b, c],
    [d, a, c],
  ]);
  expect([first, lost, added, narrow].map(digestOf)).toEqual([
    'f52a1431666da617cc97bf6ea633bc038bf478d6e56095a594c474fb98ab4ffc',
    'd6def59b070a24fe69ab1c678fdc5b3d46a4209516e67a2be5e50d09c9fb211d',
    '2d5315f8c2826fb4d5bf7d60edff3a07bc3133431be39e2a0704b55515fa9ee4',
    '2aa19977fe50a5e1414c8ce0397d7aa981b56489a29b81b37d7d611b62bb96ee',
  ]);
});

function digestOf(layout: ClassLayout): string {
  const table = { copysets: copysetsByPartition(layout), moving: [...layout.moving] };
  return createHash('sha256').update(JSON.stringify(table)).digest('hex');
}
