/**
 * Why: a layout from the one before, with the least movement there is. Keep every slot whose volume is still there and
 * fits; fill the holes with volumes that want more; hand slots over from volumes with too much to volumes with too
 * little, first directly, then by paths of exchanges. What costs nothing comes first: then each step is a shortest path
 * in the sense of exchange-graph.ts, and the movement stays the least.
 */
import { assert, present } from '../base/assert.ts';
import { partitionCount } from '../base/block-name.ts';
import { type CostOf, shortestPath } from './exchange-graph.ts';
import { inOrder, leastBy } from './least-by.ts';
import { type Exchange, hole, Placement } from './placement.ts';
import { fits, type SpreadTree } from './spread-tree.ts';

/** Above any number of pairs or meetings. */
const radix = 8 * partitionCount;

export type AdjustInput = {
  readonly tree: SpreadTree;
  readonly shares: readonly number[];
  /** Partition -> volume index by slot, `tree.size` of them, `hole` where the volume is no longer there. */
  readonly before: readonly (readonly number[])[];
  /** Whether a volume may hold data of the partition already. */
  readonly hasData: (partition: number, volume: number) => boolean;
  /** Prefer volumes that meet already; otherwise those that meet least. */
  readonly narrow: boolean;
};

/** Partition -> volume index by slot; whoever stays keeps its slot. */
export function adjustPlacement(input: AdjustInput): readonly (readonly number[])[] {
  const placement = keptPlacement(input);
  const costOf = costFrom(input.before, input.shares.length);
  fillHoles(placement, input);
  for (const mayMove of [false, true]) {
    exchangeDirectly({ placement, input, costOf }, mayMove);
    exchangeByPaths(placement, costOf, mayMove);
  }
  assert(placement.wanting().length === 0, 'all shares are met');
  return placement.slots.map((slots, partition) => inOldSlots(slots, input.before[partition] as readonly number[]));
}

/** One for a volume that was there and goes, less one for a volume that comes back. */
function costFrom(before: AdjustInput['before'], volumes: number): CostOf {
  const wasThere = new Uint8Array(before.length * volumes);
  for (const [partition, slots] of before.entries()) {
    for (const volume of slots) if (volume !== hole) wasThere[partition * volumes + volume] = 1;
  }
  const was = (partition: number, volume: number) => wasThere[partition * volumes + volume] as number;
  return (partition, out, into) => was(partition, out) - was(partition, into);
}

/** The old slots without those whose volume is gone or does not fit the domains of today: these have to move. */
export function keptPlacement({ tree, shares, before }: Pick<AdjustInput, 'tree' | 'shares' | 'before'>): Placement {
  const placement = new Placement(tree, shares, before.length);
  for (const [partition, slots] of before.entries()) {
    for (const [slot, volume] of slots.entries()) placement.set({ partition, slot, into: volume });
  }
  for (const [partition, slots] of before.entries()) {
    if (fits(tree, placement.members(partition))) continue;
    const kept = largestFit(placement, partition);
    for (const [slot, volume] of slots.entries()) if (!kept.has(volume)) placement.set({ partition, slot, into: hole });
  }
  return placement;
}

/**
 * Sets that fit are independent sets of a matroid: taking greedily, the emptiest volumes first, leaves the fewest out.
 */
function largestFit(placement: Placement, partition: number): ReadonlySet<number> {
  const kept = new Set<number>();
  const surplus = (volume: number) => placement.surplus(volume);
  for (const volume of placement.members(partition).sort((left, right) => surplus(left) - surplus(right))) {
    if (fits(placement.tree, [...kept, volume])) kept.add(volume);
  }
  return kept;
}

function fillHoles(placement: Placement, input: AdjustInput): void {
  for (const partition of placement.slots.keys()) {
    for (const slot of placement.holes(partition)) {
      placement.set({ partition, slot, into: bestFor(placement, input, partition) });
    }
  }
}

/** The volume for a hole: one that wants more, has the data, and then wants most or is the best company. */
function bestFor(placement: Placement, input: AdjustInput, partition: number): number {
  const others = placement.members(partition);
  const fitting = [...placement.tree.paths.keys()].filter(
    (volume) => !others.includes(volume) && fits(placement.tree, [...others, volume]),
  );
  const best = leastBy(fitting, (volume) => {
    const surplus = placement.surplus(volume);
    const urgency = surplus + partitionCount;
    const strain = placement.strain(others, volume, input.narrow);
    const [second, third] = input.narrow ? [strain, urgency] : [urgency, strain];
    return inOrder(radix, [Number(surplus >= 0), Number(!input.hasData(partition, volume)), second, third]);
  });
  return present(best, 'a volume that fits the hole');
}

type Adjustment = { readonly placement: Placement; readonly input: AdjustInput; readonly costOf: CostOf };

/** A slot that a volume above its share could hand over. */
type Offer = Exchange & { readonly out: number; readonly others: readonly number[]; readonly price: number };

/** Hands over slots one by one, where that moves nothing more or, when it may, a pair each. */
function exchangeDirectly(adjustment: Adjustment, mayMove: boolean): void {
  const { placement, input } = adjustment;
  for (const into of placement.wanting()) {
    const strain = ({ others }: Offer) => placement.strain(others, into, input.narrow);
    takeBest(placement, offersTo(adjustment, into, mayMove), (offer) => offer.price + strain(offer));
  }
}

function offersTo({ placement, input, costOf }: Adjustment, into: number, mayMove: boolean): Offer[] {
  const overfull = new Set(placement.overfull());
  const offers: Offer[] = [];
  for (const [partition, members] of placement.slots.entries()) {
    for (const [slot, out] of members.entries()) {
      const exchange = { partition, slot, into };
      if (!overfull.has(out) || !placement.fits(exchange)) continue;
      const cost = costOf(partition, out, into);
      if (cost > Number(mayMove)) continue;
      const price = inOrder(radix, [cost + 1, Number(!input.hasData(partition, into)), 0]);
      offers.push({ ...exchange, out, price, others: members.filter((other) => other !== out) });
    }
  }
  return offers;
}

/** Offers that differ in the partition only wait in one line, so that few prices have to be compared. */
function takeBest(placement: Placement, offers: readonly Offer[], priceOf: (offer: Offer) => number): void {
  const kindOf = ({ price, out, others }: Offer) => [price, out, ...others].join();
  let lines = [...Map.groupBy(offers, kindOf).values()];
  while (lines.length > 0) {
    const line = leastBy(lines, ([offer]) => priceOf(offer as Offer)) as Offer[];
    const best = line.shift() as Offer;
    if (placement.fits(best)) placement.set(best); // not when another slot of the partition was taken meanwhile
    if (placement.surplus(best.into) >= 0) return;
    lines = lines.filter(([offer]) => offer !== undefined && placement.surplus(offer.out) > 0);
  }
}

function exchangeByPaths(placement: Placement, costOf: CostOf, mayMove: boolean): void {
  const maxCost = mayMove ? Number.POSITIVE_INFINITY : 0;
  for (let path = shortestPath(placement, costOf, maxCost); path !== undefined; ) {
    for (const exchange of path) {
      assert(placement.fits(exchange), 'a shortest path leaves copysets in order');
      placement.set(exchange);
    }
    path = shortestPath(placement, costOf, maxCost);
  }
}

/** The same members: those that were there before in the slots they had. */
function inOldSlots(slots: readonly number[], old: readonly number[]): number[] {
  const newcomers = slots.filter((volume) => !old.includes(volume));
  return old.map((volume) => (slots.includes(volume) ? volume : (newcomers.shift() as number)));
}
