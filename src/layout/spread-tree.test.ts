import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterOf, flatVolumes } from './cluster-arbitrary.ts';
import { domainLevels, type LayoutVolume } from './layout.ts';
import { domainAt, fits, spreadTree, volumeLevel, widestLevelOf } from './spread-tree.ts';

/** Rank by the rule in words: more different domains at each level, then more even, the widest level first. */
function rankOf(set: readonly LayoutVolume[]): number[] {
  const counts = domainLevels.map((_, level) => [...Map.groupBy(set, (volume) => domainAt(volume, level)).values()]);
  const touched = counts.map((domains) => -domains.length);
  const crowding = counts.map((domains) => domains.reduce((sum, members) => sum + members.length ** 2, 0));
  return [...touched, ...crowding];
}

function subsetsOf(count: number, size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count }, (_, last) => last).flatMap((last) =>
    subsetsOf(last, size - 1).map((others) => [...others, last]),
  );
}

test('the sets that fit are exactly the best of all sets by the rule', () => {
  fc.assert(
    fc.property(clusterOf({ least: 1, most: 8, changes: 0 }), ({ volumes, copies }) => {
      const tree = spreadTree(volumes, copies);
      const sets = subsetsOf(volumes.length, tree.size);
      const ranks = sets.map((set) => rankOf(set.map((index) => volumes[index] as LayoutVolume)));
      const best = ranks.toSorted((left, right) => compare(left, right))[0] as number[];
      expect(sets.map((set) => fits(tree, set))).toEqual(ranks.map((rank) => compare(rank, best) === 0));
    }),
  );
});

test('a part fits exactly when a whole set that fits contains it', () => {
  fc.assert(
    fc.property(clusterOf({ least: 2, most: 7, changes: 0 }), ({ volumes, copies }) => {
      const tree = spreadTree(volumes, copies);
      const whole = subsetsOf(volumes.length, tree.size).filter((set) => fits(tree, set));
      for (const part of subsetsOf(volumes.length, Math.max(tree.size - 1, 1))) {
        expect(fits(tree, part)).toBe(whole.some((set) => part.every((member) => set.includes(member))));
      }
    }),
  );
});

test('every group holds between its two counts, which differ by one at most', () => {
  fc.assert(
    fc.property(clusterOf({ least: 1, most: 60, changes: 0 }), ({ volumes, copies }) => {
      const tree = spreadTree(volumes, copies);
      for (const { least, most } of tree.groups) expect([0, 1]).toContain(most - least);
      expect(tree.size).toBe(Math.min(copies, volumes.length));
    }),
  );
});

test('the spread is at the widest level with enough domains', () => {
  const racks = (count: number) =>
    flatVolumes(6).map(({ domain: [site, zone, , node, disk], ...volume }, index): LayoutVolume => {
      return { ...volume, domain: [site, zone, `rack-${index % count}`, node, disk] };
    });
  expect(domainLevels[spreadTree(racks(3), 3).level]).toBe('rack');
  expect(domainLevels[spreadTree(racks(2), 3).level]).toBe('node');
  expect(widestLevelOf(racks(2), 1)).toBe(0);
  const oneDisk = flatVolumes(4).map((volume): LayoutVolume => ({ ...volume, domain: ['s', 'z', 'r', 'n', 'd'] }));
  expect(spreadTree(oneDisk, 3).level).toBe(volumeLevel);
});

function compare(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at < 0 ? 0 : (left[at] as number) - (right[at] as number);
}
