/**
 * Why: the designs worth a look: protocols, placements up to symmetry, quorums, codes; and for each the sizes to try.
 */
import { unreachable } from '../../base/assert.ts';
import { majority, type ReadLevel } from '../formulas/protocol-latency.ts';
import type { CachePolicy, Design, DesignMode } from '../model/design.ts';
import type { PlannedNode, PlannerInputs } from '../model/inputs.ts';
import { at, range, sumOf } from '../numeric/lists.ts';
import { formatQuantity } from '../units.ts';

export type SpaceOptions = {
  readonly modes?: readonly DesignMode[];
  readonly maxCopies?: number;
  readonly blockBytes?: readonly number[];
  /** As shares of all data. */
  readonly cacheShares?: readonly number[];
  readonly cachePolicy?: CachePolicy;
  readonly codes?: readonly { readonly k: number; readonly m: number }[];
  readonly hedgeDelaysSec?: readonly number[];
};

/**
 * Multi-Paxos has the figures of Raft, and Paxos without a leader those of neither better; both are evaluated on
 * request.
 */
const searchedModes: readonly DesignMode[] = [
  'copyset',
  'raft',
  'chain',
  'primary-sync',
  'primary-async',
  'multi-primary',
  'quorum',
];
const mostCopies = 7;
const quorumCopies = 5;
export const searchedBlockBytes: readonly number[] = range(9).map((power) => 2 ** (18 + power));
const searchedCacheShares: readonly number[] = [0, 0.005, 0.02, 0.1, 0.4];
const searchedCodes = [
  { k: 4, m: 2 },
  { k: 6, m: 3 },
  { k: 8, m: 4 },
  { k: 10, m: 4 },
  { k: 12, m: 4 },
];

/** What decides availability and durability; block size, cache and scatter width come after. */
export type Core = Omit<Design, 'id' | 'blockBytes' | 'cache' | 'scatterWidth'>;

export function coreDesigns(inputs: PlannerInputs, options: SpaceOptions = {}): Core[] {
  const modes = options.modes ?? searchedModes;
  const copied = placements(inputs, options.maxCopies ?? mostCopies).flatMap((placement) =>
    modes.flatMap((mode) => coresOf(inputs, mode, placement)),
  );
  const coded = modes.includes('copyset')
    ? (options.codes ?? searchedCodes).flatMap((ec) => codedCores(inputs, ec))
    : [];
  return [...copied, ...coded];
}

/** Every way to share M copies out to the sites. Inside a site nodes are alike: the first ones, racks in turn. */
function placements(inputs: PlannerInputs, maxCopies: number): string[][] {
  const sites = inputs.sites.map((site) => rackByRack(inputs.nodes.filter((node) => node.site === site.id)));
  const choices = sites.reduce<string[][]>(
    (partial, nodes) =>
      partial.flatMap((chosen) => range(nodes.length + 1).map((count) => [...chosen, ...nodes.slice(0, count)])),
    [[]],
  );
  return choices
    .filter((chosen) => chosen.length > 0 && chosen.length <= maxCopies)
    .sort((left, right) => left.length - right.length);
}

/** Node ids so that any prefix uses as many racks as it can. */
export function rackByRack(nodes: readonly PlannedNode[]): string[] {
  const turn = nodes.map((node, index) =>
    sumOf(nodes.slice(0, index), (other) => (rackOf(other) === rackOf(node) ? 1 : 0)),
  );
  return range(nodes.length)
    .sort((left, right) => at(turn, left) - at(turn, right) || left - right)
    .map((index) => at(nodes, index).id);
}

function rackOf(node: PlannedNode): string {
  return node.rack ?? node.id;
}

function coresOf(inputs: PlannerInputs, mode: DesignMode, placement: readonly string[]): Core[] {
  const copies = placement.length;
  const leaders = firstOfEachSite(inputs, placement);
  const half = majority(copies);
  const base = { mode, placement, relay: leaders.length > 1 };
  const led = (writeQuorum: number, levels: readonly ReadLevel[]) =>
    leaders.flatMap((leader) =>
      levels.map((readLevel): Core => ({ ...base, leader, writeQuorum, readQuorum: half, readLevel })),
    );
  switch (mode) {
    case 'copyset':
      return fromTo(Math.max(half, Math.min(2, copies)), copies).map((writeQuorum) => ({
        ...base,
        writeQuorum,
        readQuorum: 1,
        readLevel: 'local',
      }));
    case 'raft':
    case 'multipaxos':
    case 'paxos':
      return led(half, ['lease', 'readindex']);
    case 'primary-sync':
      return fromTo(2, copies).flatMap((writeQuorum) => led(writeQuorum, ['lease', 'local']));
    case 'primary-async':
      return led(1, ['lease', 'local']);
    case 'multi-primary':
      return [{ ...base, writeQuorum: 1, readQuorum: 1, readLevel: 'local' }];
    case 'chain':
      return copies < 2 ? [] : [{ ...base, writeQuorum: copies, readQuorum: 1, readLevel: 'tail' }];
    case 'quorum':
      return copies > quorumCopies
        ? []
        : quorumPairs(copies).map((pair) => ({ ...base, ...pair, readLevel: 'quorum' }));
    default:
      return unreachable(mode);
  }
}

function fromTo(first: number, last: number): number[] {
  return range(Math.max(0, last - first + 1)).map((index) => first + index);
}

/** Quorums that just meet, and reads of one copy. */
function quorumPairs(copies: number): { readonly writeQuorum: number; readonly readQuorum: number }[] {
  return fromTo(1, copies).flatMap((writeQuorum) =>
    [...new Set([copies - writeQuorum + 1, 1])].map((readQuorum) => ({ writeQuorum, readQuorum })),
  );
}

function firstOfEachSite(inputs: PlannerInputs, placement: readonly string[]): string[] {
  const siteOf = new Map(inputs.nodes.map((node) => [node.id, node.site]));
  return placement.filter(
    (id, index) => placement.findIndex((other) => siteOf.get(other) === siteOf.get(id)) === index,
  );
}

/** Fragments in one site that is large enough, and over all sites in turn. */
function codedCores(inputs: PlannerInputs, ec: { readonly k: number; readonly m: number }): Core[] {
  const size = ec.k + ec.m;
  const sites = inputs.sites.map((site) => rackByRack(inputs.nodes.filter((node) => node.site === site.id)));
  const turns = Math.max(...sites.map((nodes) => nodes.length));
  const everywhere = range(turns).flatMap((turn) => sites.flatMap((nodes) => nodes.slice(turn, turn + 1)));
  const pools = sites.length > 1 ? [...sites, everywhere] : sites;
  return pools
    .filter((nodes) => nodes.length >= size)
    .flatMap((nodes) => {
      const placement = nodes.slice(0, size);
      const relay = firstOfEachSite(inputs, placement).length > 1;
      const quorums = [...new Set([ec.k + 1, size])];
      return quorums.map(
        (writeQuorum): Core => ({
          mode: 'copyset',
          placement,
          writeQuorum,
          readQuorum: 1,
          readLevel: 'local',
          ec,
          relay,
        }),
      );
    });
}

export type Sizes = Pick<Design, 'blockBytes' | 'cache' | 'scatterWidth'> & { readonly hedgeDelaySec?: number };

/** Block sizes, caches, scatter widths and hedges to try with a core. */
export function sizesOf(inputs: PlannerInputs, core: Core, options: SpaceOptions = {}): Sizes[] {
  const data = sumOf(inputs.workloads, (workload) => workload.objects.value * workload.objectBytes.value);
  const policy = options.cachePolicy ?? 'sieve';
  const caches = (options.cacheShares ?? searchedCacheShares).map((share) => ({
    bytes: Math.round(share * data),
    policy,
  }));
  const hedges = core.readLevel === 'local' && core.ec === undefined ? (options.hedgeDelaysSec ?? []) : [];
  const hedging = [{}, ...hedges.map((hedgeDelaySec) => ({ hedgeDelaySec }))];
  return (options.blockBytes ?? searchedBlockBytes).flatMap((blockBytes) =>
    caches.flatMap((cache) =>
      scatterWidths(inputs, core).flatMap((scatterWidth) =>
        hedging.map((hedge) => ({ blockBytes, cache, scatterWidth, ...hedge })),
      ),
    ),
  );
}

/** One, two and four permutations, and as wide as it goes. */
function scatterWidths(inputs: PlannerInputs, core: Core): number[] {
  const siteOf = new Map(inputs.nodes.map((node) => [node.id, node.site]));
  const used = new Set(core.placement.map((id) => siteOf.get(id)));
  const widest = Math.max(1, inputs.nodes.filter((node) => used.has(node.site)).length - 1);
  const narrowest = Math.max(1, core.placement.length - 1);
  return [...new Set([narrowest, 2 * narrowest, 4 * narrowest, widest])].filter((width) => width <= widest);
}

export const referenceSizes: Sizes = {
  blockBytes: 8 * 2 ** 20,
  cache: { bytes: 0, policy: 'sieve' },
  scatterWidth: Number.MAX_SAFE_INTEGER,
};

export function designOf(inputs: PlannerInputs, core: Core, sizes: Sizes): Design {
  return { ...core, ...sizes, id: nameOf(inputs, core, sizes) };
}

/** Says what the design is: `copyset/fra3/W2/B8MiB/C200GiB/S4`. Unique in a search. */
function nameOf(inputs: PlannerInputs, core: Core, sizes: Sizes): string {
  const siteOf = new Map(inputs.nodes.map((node) => [node.id, node.site]));
  const perSite = inputs.sites.map(
    (site) => [site.id, core.placement.filter((id) => siteOf.get(id) === site.id).length] as const,
  );
  const compact = (bytes: number) => formatQuantity(bytes, 'bytes').replace(' ', '');
  const parts = [
    core.mode,
    perSite
      .filter(([, count]) => count > 0)
      .map(([site, count]) => `${site}${count}`)
      .join('+'),
    core.ec === undefined ? '' : `EC${core.ec.k}+${core.ec.m}`,
    core.leader === undefined ? '' : `L${siteOf.get(core.leader)}`,
    `W${core.writeQuorum}`,
    core.readLevel === 'quorum' ? `R${core.readQuorum}` : core.mode === 'copyset' ? '' : core.readLevel,
    `B${compact(sizes.blockBytes)}`,
    `C${compact(sizes.cache.bytes)}`,
    sizes.scatterWidth === referenceSizes.scatterWidth ? 'Swidest' : `S${sizes.scatterWidth}`,
    sizes.hedgeDelaySec === undefined ? '' : `H${formatQuantity(sizes.hedgeDelaySec, 'seconds').replace(' ', '')}`,
  ];
  return parts.filter((part) => part !== '').join('/');
}
