/**
 * Why: a request is a sum of delays, a wait for the k-th of several, a mixture over caches and clients. Percentiles do
 * not add; whole distributions do. A grid is a distribution as point masses on an even lattice, made of at most 512
 * points.
 */
import { type Dist, cdf as distCdf, quantile as distQuantile } from '../distribution.ts';
import { kthSmallest, range, sumOf } from '../numeric/lists.ts';
import { bisect } from '../numeric/roots.ts';

/** P(start + i step) = mass[i]; upTo[i] is the sum of the first i + 1 masses. */
export type Grid = {
  readonly start: number;
  readonly step: number;
  readonly mass: Float64Array;
  readonly upTo: Float64Array;
};

const maxPoints = 512;
const cut = 5e-4;
const negligible = 1e-9;
const bisectionSteps = 40;

export function pointGrid(value: number): Grid {
  return gridFrom(value, 0, Float64Array.of(1));
}

function gridFrom(start: number, step: number, mass: Float64Array): Grid {
  let total = 0;
  return { start, step, mass, upTo: mass.map((p) => (total += p)) };
}

/** The distribution between its 0.05 and 99.95 percentiles; what lies outside is put on the ends. */
export function gridOf(dist: Dist): Grid {
  const low = dist.type === 'const' ? dist.value : distQuantile(dist, cut);
  const high = dist.type === 'const' ? dist.value : distQuantile(dist, 1 - cut);
  return high > low ? gridOfCdf((t) => distCdf(dist, t), low, high) : pointGrid(low);
}

/** Mass of a CDF on [low, high]. */
function gridOfCdf(cdf: (t: number) => number, low: number, high: number): Grid {
  if (!(high > low)) return pointGrid(low);
  const step = (high - low) / (maxPoints - 1);
  const mass = new Float64Array(maxPoints);
  let before = 0;
  for (let i = 0; i < maxPoints; i++) {
    const upTo = i === maxPoints - 1 ? 1 : cdf(low + (i + 0.5) * step);
    mass[i] = Math.max(0, upTo - before);
    before = upTo;
  }
  return gridFrom(low, step, mass);
}

function endOf(grid: Grid): number {
  return grid.start + grid.step * (grid.mass.length - 1);
}

/** Later by a fixed time. */
export function shifted(grid: Grid, by: number): Grid {
  return { ...grid, start: grid.start + by };
}

export function gridMean({ start, step, mass }: Grid): number {
  return mass.reduce((total, p, i) => total + p * (start + i * step), 0);
}

/** P(X <= t); each mass is spread evenly over one step around its point, so that the CDF is continuous. */
export function gridCdf(grid: Grid, t: number): number {
  if (grid.step === 0) return t >= grid.start ? 1 : 0;
  const position = (t - grid.start) / grid.step + 0.5;
  if (position <= 0) return 0;
  const whole = Math.floor(position);
  if (whole >= grid.upTo.length) return 1;
  const below = whole === 0 ? 0 : (grid.upTo[whole - 1] as number);
  return below + (position - whole) * (grid.mass[whole] as number);
}

export function gridQuantile(grid: Grid, q: number): number {
  const { upTo } = grid;
  const found = upTo.findIndex((p) => p >= q);
  const index = found < 0 ? upTo.length - 1 : found;
  const below = index === 0 ? 0 : (upTo[index - 1] as number);
  const within = ((q - below) / (grid.mass[index] as number) - 0.5) * grid.step;
  return grid.start + index * grid.step + (Number.isFinite(within) ? Math.min(within, grid.step / 2) : 0);
}

/** The same masses on a wider lattice: each is split between its two neighbours so that the mean stays. */
function rebinned(grid: Grid, step: number, points: number): Float64Array {
  const mass = new Float64Array(points);
  grid.mass.forEach((p, i) => {
    const position = step === 0 ? 0 : (i * grid.step) / step;
    const below = Math.min(Math.floor(position), points - 1);
    const above = Math.min(below + 1, points - 1);
    const share = position - below;
    mass[below] = (mass[below] as number) + p * (1 - share);
    mass[above] = (mass[above] as number) + p * share;
  });
  return mass;
}

/** The sum of two independent delays. */
export function plus(left: Grid, right: Grid): Grid {
  if (left.mass.length === 1) return shifted(right, left.start);
  if (right.mass.length === 1) return shifted(left, right.start);
  const span = endOf(left) - left.start + endOf(right) - right.start;
  const step = Math.max(left.step, right.step, span / (maxPoints - 1));
  const onLattice = (grid: Grid) => rebinned(grid, step, Math.ceil((endOf(grid) - grid.start) / step) + 2);
  return trimmed(left.start + right.start, step, convolved(onLattice(left), onLattice(right)));
}

function convolved(left: Float64Array, right: Float64Array): Float64Array {
  const mass = new Float64Array(left.length + right.length - 1);
  for (let i = 0; i < left.length; i++) {
    const p = left[i] as number;
    if (p < negligible) continue;
    for (let j = 0; j < right.length; j++) mass[i + j] = (mass[i + j] as number) + p * (right[j] as number);
  }
  return mass;
}

/** Without the ends that hold next to nothing. */
function trimmed(start: number, step: number, mass: Float64Array): Grid {
  let first = 0;
  let last = mass.length - 1;
  while (first < last && (mass[first] as number) < negligible) first++;
  while (last > first && (mass[last] as number) < negligible) last--;
  return gridFrom(start + first * step, step, mass.slice(first, last + 1));
}

export function sumOfGrids(grids: readonly Grid[]): Grid {
  return grids.reduce(plus, pointGrid(0));
}

/** The sum of `count` independent delays that are distributed alike. */
function repeated(grid: Grid, count: number): Grid {
  if (count === 1) return grid;
  const half = repeated(grid, Math.floor(count / 2));
  const even = plus(half, half);
  return count % 2 === 0 ? even : plus(even, grid);
}

/** `count` delays, so many at a time: each follows one that ended, in chains that are as long as can be alike. */
export function inChains(grid: Grid, count: number, together: number): Grid {
  const chains = range(Math.min(count, together)).map((chain) => repeated(grid, Math.ceil((count - chain) / together)));
  return chains.length === 1 ? (chains[0] as Grid) : kthOf(chains, chains.length);
}

/** The k-th fastest of independent delays: P(at least k have come by t). */
export function kthOf(grids: readonly Grid[], k: number): Grid {
  const reached = atLeast(grids, k);
  return gridOfCdf(reached, ...rangeOfKth(grids, k));
}

/** The k-th of the earliest and of the latest possible arrivals. */
function rangeOfKth(grids: readonly Grid[], k: number): [low: number, high: number] {
  const low = grids.map((grid) => grid.start - grid.step / 2);
  const high = grids.map((grid) => endOf(grid) + grid.step / 2);
  return [kthSmallest(low, k), kthSmallest(high, k)];
}

/** t -> P(at least k have come by t), without allocation per t; equal grids are looked up once. */
function atLeast(grids: readonly Grid[], k: number): (t: number) => number {
  const arrived = new Float64Array(grids.length);
  const tail = tailOf(arrived, k);
  const first = grids.map((grid) => grids.findIndex((other) => other.mass === grid.mass && other.start === grid.start));
  return (t) => {
    for (let i = 0; i < grids.length; i++) {
      const same = first[i] as number;
      arrived[i] = same === i ? gridCdf(grids[i] as Grid, t) : (arrived[same] as number);
    }
    return tail();
  };
}

/** Poisson-binomial tail of the probabilities that are in the array when called; counts are capped at k. */
function tailOf(probabilities: Float64Array, k: number): () => number {
  const counts = new Float64Array(k + 1);
  return () => {
    counts.fill(0);
    counts[0] = 1;
    for (let i = 0; i < probabilities.length; i++) {
      const p = probabilities[i] as number;
      counts[k] = (counts[k] as number) + p * (counts[k - 1] as number);
      for (let j = k - 1; j > 0; j--) counts[j] = (counts[j] as number) * (1 - p) + (counts[j - 1] as number) * p;
      counts[0] = (counts[0] as number) * (1 - p);
    }
    return counts[k] as number;
  };
}

/**
 * The k-th fastest, and then up to `patience` more for all of them: min(last, k-th + patience). With p the share that
 * came by t - patience and P the share by t: P(k-th by t - patience) + P(all by t, fewer than k by t - patience).
 */
export function kthThenAll(grids: readonly Grid[], k: number, patience: number): Grid {
  if (patience <= 0 || k === grids.length) return kthOf(grids, k);
  const early = new Float64Array(grids.length);
  const tail = tailOf(early, k);
  const done = (t: number) => {
    const late = grids.map((grid) => gridCdf(grid, t));
    grids.forEach((grid, i) => {
      early[i] = gridCdf(grid, t - patience);
    });
    const kth = tail();
    late.forEach((p, i) => {
      early[i] = p === 0 ? 0 : (early[i] as number) / p;
    });
    const all = late.reduce((product, p) => product * p, 1);
    return kth + all * (1 - tail());
  };
  const [low, high] = rangeOfKth(grids, k);
  const [, last] = rangeOfKth(grids, grids.length);
  return gridOfCdf(done, low, Math.min(last, high + patience));
}

/** `count` equal pieces leave a link one after another and then each has its own delay: when the last is done. */
export function sentInTurn(piece: Grid, count: number, onLinkSec: number): Grid {
  const last = endOf(piece) + piece.step / 2 + count * onLinkSec;
  const done = (t: number) => {
    let all = 1;
    for (let sent = 1; sent <= count; sent++) all *= gridCdf(piece, t - sent * onLinkSec);
    return all;
  };
  return gridOfCdf(done, piece.start - piece.step / 2 + count * onLinkSec, last);
}

/**
 * `count` equal pieces arrive after their own delays and pass a link one after another: when the last is through. That
 * is the latest of (k-th arrival + what is left to pass) over all k. These are so alike that the rarest of them stands
 * for all, and it is next to always the first, the middle or the last arrival.
 */
export function receivedInTurn(piece: Grid, count: number, onLinkSec: number): Grid {
  const grids = new Array<Grid>(count).fill(piece);
  const ranks = [...new Set([1, Math.ceil(count / 2), count])];
  const arrived = ranks.map((k) => ({ by: atLeast(grids, k), restSec: (count - k + 1) * onLinkSec }));
  const done = (t: number) => arrived.reduce((least, { by, restSec }) => Math.min(least, by(t - restSec)), 1);
  const low = piece.start - piece.step / 2;
  return gridOfCdf(done, low + onLinkSec, endOf(piece) + piece.step / 2 + count * onLinkSec);
}

type Earlier = { readonly count: number; readonly everySec: number };

/**
 * The last pieces, and those before: `count` of them, one started every so often. Each has had a start over the last
 * ones, but may still be the slowest of all.
 */
export function afterEarlier(last: Grid, piece: Grid, earlier: Earlier): Grid {
  const end = endOf(piece) + piece.step / 2;
  if (earlier.count === 0 || last.start >= end) return last;
  const done = (t: number) => {
    let all = gridCdf(last, t);
    for (let back = 0; back < earlier.count && t + back * earlier.everySec < end; back++) {
      all *= gridCdf(piece, t + back * earlier.everySec);
    }
    return all;
  };
  return gridOfCdf(done, last.start - last.step / 2, Math.max(endOf(last) + last.step / 2, end));
}

/** A second request to another place after `delay`: the first answer counts. */
export function hedged(first: Grid, second: Grid, delay: number): Grid {
  const missing = (t: number) => (1 - gridCdf(first, t)) * (1 - gridCdf(second, t - delay));
  return gridOfCdf(
    (t) => 1 - missing(t),
    Math.min(first.start, second.start + delay),
    Math.min(endOf(first), endOf(second) + delay),
  );
}

export type WeightedGrid = { readonly weight: number; readonly grid: Grid };

/** The q-quantile of one of several, drawn by weight. */
export function mixtureQuantile(parts: readonly WeightedGrid[], q: number): number {
  const used = parts.filter((part) => part.weight > 0);
  const total = sumOf(used, (part) => part.weight);
  const low = Math.min(...used.map((part) => part.grid.start - part.grid.step / 2));
  const high = Math.max(...used.map((part) => endOf(part.grid) + part.grid.step / 2));
  return bisect(
    (t) => sumOf(used, (part) => part.weight * gridCdf(part.grid, t)) >= q * total,
    low,
    high,
    bisectionSteps,
  );
}

/** With a queue in front: waits with probability `waiting`, then exponentially with the given mean. */
export function queued(grid: Grid, waiting: number, meanSec: number): Grid {
  if (waiting < negligible || meanSec <= 0) return grid;
  const wait = gridOf({ type: 'exp', mean: meanSec });
  const mass = wait.mass.map((p) => p * waiting);
  mass[0] = (mass[0] as number) + 1 - waiting;
  return plus(grid, gridFrom(0, wait.step, mass));
}
