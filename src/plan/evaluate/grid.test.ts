import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { type Dist, mean, quantile, sampler } from '../distribution.ts';
import { quorumLatencyQuantile } from '../formulas/latency.ts';
import { kthSmallest, range } from '../numeric/lists.ts';
import { ascending, quantileOfSorted } from '../numeric/statistics.ts';
import {
  type Grid,
  gridMean,
  gridOf,
  gridQuantile,
  hedged,
  inChains,
  kthOf,
  kthThenAll,
  mixtureQuantile,
  plus,
  pointGrid,
  queued,
  receivedInTurn,
  sentInTurn,
} from './grid.ts';

const disk: Dist = { type: 'lognormal', mu: Math.log(0.002), sigma: 0.5 };
const link: Dist = { type: 'shifted-exp', shift: 0.02, mean: 0.001 };
const exponential: Dist = { type: 'exp', mean: 0.01 };

/** Of 60,000 draws. */
function drawnQuantiles(draw: () => number): (q: number) => number {
  const sorted = ascending(range(60_000).map(draw));
  return (q) => quantileOfSorted(sorted, q);
}

function expectClose(grid: Grid, drawn: (q: number) => number): void {
  for (const q of [0.1, 0.5, 0.9, 0.99]) expect(Math.abs(gridQuantile(grid, q) / drawn(q) - 1)).toBeLessThan(0.02);
}

const random = seededRandom(5);
const [drawDisk, drawLink, drawExponential] = [disk, link, exponential].map((dist) => sampler(dist, random)) as [
  () => number,
  () => number,
  () => number,
];

describe('a grid', () => {
  it.each([disk, link, exponential].map((dist) => [dist.type, dist] as const))(
    'keeps mean and quantiles of %s',
    (_, dist) => {
      expect(gridMean(gridOf(dist)) / mean(dist)).toBeCloseTo(1, 2);
      for (const q of [0.1, 0.5, 0.9, 0.99])
        expect(gridQuantile(gridOf(dist), q) / quantile(dist, q)).toBeCloseTo(1, 2);
    },
  );

  it('adds delays', () => {
    expectClose(
      plus(gridOf(disk), gridOf(link)),
      drawnQuantiles(() => drawDisk() + drawLink()),
    );
    expect(gridQuantile(plus(pointGrid(1), gridOf(disk)), 0.5)).toBeCloseTo(1.002, 4);
  });

  it('waits for the k-th, as the formula does', () => {
    const dists = [disk, link, exponential];
    for (const k of [1, 2, 3]) {
      const { valueSec } = quorumLatencyQuantile({ dists, k, q: 0.95 });
      expect(gridQuantile(kthOf(dists.map(gridOf), k), 0.95) / valueSec).toBeCloseTo(1, 2);
    }
  });

  it('lays delays end to end in chains', () => {
    const exp = gridOf({ type: 'exp', mean: 1 });
    expect(gridMean(inChains(exp, 6, 1)) / 6).toBeCloseTo(1, 2);
    expect(gridMean(inChains(pointGrid(2), 5, 2))).toBeCloseTo(6, 9);
    const uniform = gridOf({ type: 'empirical', samples: [1, 2] });
    expect(gridMean(inChains(uniform, 3, 2))).toBeCloseTo(gridMean(inChains(uniform, 2, 1)), 2);
  });

  it('waits for stragglers only as long as it has patience', () => {
    const grids = range(3).map(() => gridOf(exponential));
    const draw = () => {
      const delays = range(3).map(() => drawExponential());
      return Math.min(Math.max(...delays), kthSmallest(delays, 2) + 0.005);
    };
    expectClose(kthThenAll(grids, 2, 0.005), drawnQuantiles(draw));
    expect(kthThenAll(grids, 2, 0)).toEqual(kthOf(grids, 2));
  });

  it('sends pieces in turn over a link, each with its own delay after', () => {
    const draw = () => Math.max(...range(4).map((piece) => (piece + 1) * 0.004 + drawExponential()));
    expectClose(sentInTurn(gridOf(exponential), 4, 0.004), drawnQuantiles(draw));
  });

  it.each([0.0005, 0.004, 0.05])('receives pieces in turn, each %d s on the link', (onLinkSec) => {
    const draw = () => {
      const arrivals = ascending(range(4).map(() => drawExponential()));
      return arrivals.reduce((free, arrival) => Math.max(free, arrival) + onLinkSec, 0);
    };
    const drawn = drawnQuantiles(draw);
    const grid = receivedInTurn(gridOf(exponential), 4, onLinkSec);
    for (const q of [0.5, 0.99]) expect(Math.abs(gridQuantile(grid, q) / drawn(q) - 1)).toBeLessThan(0.06);
  });

  it('hedges', () => {
    const draw = () => Math.min(drawExponential(), 0.01 + drawExponential());
    expectClose(hedged(gridOf(exponential), gridOf(exponential), 0.01), drawnQuantiles(draw));
  });

  it('queues: nothing or an exponential wait', () => {
    const draw = () => drawDisk() + (random.float() < 0.3 ? drawExponential() : 0);
    expectClose(queued(gridOf(disk), 0.3, 0.01), drawnQuantiles(draw));
    expect(queued(gridOf(disk), 0, 1)).toEqual(gridOf(disk));
  });

  it('mixes by weight', () => {
    const parts = [
      { weight: 3, grid: pointGrid(0.001) },
      { weight: 1, grid: gridOf(link) },
      { weight: 0, grid: pointGrid(9) },
    ];
    expect(mixtureQuantile(parts, 0.5)).toBeCloseTo(0.001, 6);
    expect(mixtureQuantile(parts, 0.875) / quantile(link, 0.5)).toBeCloseTo(1, 2);
  });
});
