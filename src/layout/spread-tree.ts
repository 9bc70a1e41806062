/**
 * Why: what a copyset must look like is decided here, once, for planning and for measuring.
 *
 * The rule: a copyset touches as many different domains as there are to touch, at every level; then it is as even over
 * them as it can be, the widest level first. The best sets are the minima of a sum of convex costs, one for each
 * domain, and domains are nested; so all best sets are found by one greedy walk, they hold one of at most two counts of
 * members in each domain, and every set within these counts is a best one (Murota, Discrete Convex Analysis, 2003).
 */
import { domainLevels, type LayoutVolume } from './layout.ts';
import { inOrder, leastBy } from './least-by.ts';

/** Volumes that fail together at one level. */
export type SpreadGroup = {
  /** Index of the group around it; of the whole, -1. */
  readonly parent: number;
  /** Ascending indices into the list of volumes. */
  readonly volumes: readonly number[];
  /** How many members of one copyset are in here. */
  readonly least: number;
  readonly most: number;
};

export type SpreadTree = {
  /** Members of a copyset: the copies, or fewer where there are fewer volumes. */
  readonly size: number;
  readonly level: SpreadLevel;
  /** The whole first, a group before those inside it. */
  readonly groups: readonly SpreadGroup[];
  /** Volume -> indices of the groups that hold it, the whole first. */
  readonly paths: readonly (readonly number[])[];
};

/** Index in `domainLevels`; `volumeLevel` when even disks are fewer than members. */
export type SpreadLevel = number;
export const volumeLevel: SpreadLevel = domainLevels.length;

/** The volume's domain at a level as one text: equal texts fail together. */
export function domainAt(volume: LayoutVolume, level: SpreadLevel): string {
  return level === volumeLevel ? volume.id : JSON.stringify(volume.domain.slice(0, level + 1));
}

/** The widest level with at least `count` different domains; `volumeLevel` when no level has them. */
export function widestLevelOf(volumes: readonly LayoutVolume[], count: number): SpreadLevel {
  const level = domainLevels.findIndex((_, at) => new Set(volumes.map((volume) => domainAt(volume, at))).size >= count);
  return level < 0 ? volumeLevel : level;
}

/** The order of `volumes` matters only for the numbers given to volumes and groups. */
export function spreadTree(volumes: readonly LayoutVolume[], copies: number): SpreadTree {
  const size = Math.min(copies, volumes.length);
  const level = widestLevelOf(volumes, size);
  const nested = nestedDomains(volumes, Math.min(level + 1, domainLevels.length));
  const paths = volumes.map((_, volume) =>
    [...nested.keys()].filter((index) => nested[index]?.volumes.includes(volume)),
  );
  const groups = nested.map(({ parent, volumes: inside }) => {
    const here = new Set(inside);
    const countWhere = (shunned: boolean) =>
      bestSet(paths, size, (volume) => here.has(volume) === shunned).filter((volume) => here.has(volume)).length;
    return { parent, volumes: inside, least: countWhere(true), most: countWhere(false) };
  });
  return { size, level, groups, paths };
}

type Domain = Pick<SpreadGroup, 'parent' | 'volumes'>;

/** The whole, then the domains of the first `depth` levels, each before those inside it. */
function nestedDomains(volumes: readonly LayoutVolume[], depth: number): Domain[] {
  const domains: Domain[] = [{ parent: -1, volumes: [...volumes.keys()] }];
  const split = (parent: number, at: number) => {
    if (at === depth) return;
    for (const inside of Map.groupBy(
      domains[parent]?.volumes ?? [],
      (volume) => volumes[volume]?.domain[at],
    ).values()) {
      split(domains.push({ parent, volumes: inside }) - 1, at + 1);
    }
  };
  split(0, 0);
  return domains;
}

/** One of the best sets: each member touches the fewest domains that are touched already, then the emptiest. */
function bestSet(paths: SpreadTree['paths'], size: number, isShunned: (volume: number) => boolean): number[] {
  const members: number[] = [];
  const counts: number[] = [];
  const cost = (volume: number) => {
    const crowd = (paths[volume] as readonly number[]).map((group) => counts[group] ?? 0);
    return inOrder(64, [crowd.filter((count) => count > 0).length, ...crowd, Number(isShunned(volume))]);
  };
  for (let left = [...paths.keys()]; members.length < size; left = left.filter((volume) => !members.includes(volume))) {
    const next = leastBy(left, cost) as number;
    for (const group of paths[next] as readonly number[]) counts[group] = (counts[group] ?? 0) + 1;
    members.push(next);
  }
  return members;
}

/** Whether different volumes can be completed to a copyset or, when there are `size` of them, are one. */
export function fits(tree: SpreadTree, members: readonly number[]): boolean {
  const { groups, paths, size } = tree;
  const counts = new Array<number>(groups.length).fill(0);
  for (const member of members) for (const group of paths[member] as number[]) counts[group] = (counts[group] ?? 0) + 1;
  if (groups.some((group, index) => (counts[index] as number) > group.most)) return false;
  return slotsNeeded(groups, counts) <= size;
}

/** Members that the whole must have when each group has its count and at least its least. */
function slotsNeeded(groups: readonly SpreadGroup[], counts: readonly number[]): number {
  const inside = new Array<number>(groups.length).fill(0);
  for (let index = groups.length - 1; index > 0; index--) {
    const { parent, least } = groups[index] as SpreadGroup;
    const needed = Math.max(least, counts[index] as number, inside[index] as number);
    inside[parent] = (inside[parent] as number) + needed;
  }
  return Math.max(counts[0] as number, inside[0] as number);
}
