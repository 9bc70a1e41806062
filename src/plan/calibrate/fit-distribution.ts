/**
 * Why: a fitted curve smooths what few samples cannot show, but only where it fits. Three families and a mixture
 * compete by AIC; the winner must also be close to the samples (Kolmogorov and Smirnov), else the samples themselves
 * are used.
 */
import { unreachable } from '../../base/assert.ts';
import { cdf, type Dist } from '../distribution.ts';
import { at, range, sum, sumOf } from '../numeric/lists.ts';
import { ascending, quantileOfSorted } from '../numeric/statistics.ts';
import type { Bucket } from './exposition.ts';
import { ksDistance, lognormalMle, shiftedExpFit } from './fits.ts';

export type Fit = {
  readonly dist: Dist;
  readonly n: number;
  /** Largest distance between the CDFs. */
  readonly ks: number;
  /** Below 30 samples no tail can be told. */
  readonly hasTail: boolean;
};

const fewestForTail = 30;
const fewestForFit = 1000;
const closeEnough = 0.05;
const keptSamples = 500;

/** Of samples above zero. */
export function fitDistribution(samples: readonly number[], n = samples.length): Fit {
  const sorted = ascending(samples);
  const hasTail = n >= fewestForTail;
  if (n >= fewestForFit) {
    const best = candidates(sorted).reduce((left, right) => (right.aic < left.aic ? right : left));
    const ks = ksDistance(sorted, (x) => cdf(best.dist, x));
    if (ks <= closeEnough) return { dist: best.dist, n, ks, hasTail };
  }
  return { dist: { type: 'empirical', samples: thinned(sorted) }, n, ks: 0, hasTail };
}

function thinned(sorted: readonly number[]): readonly number[] {
  if (sorted.length <= keptSamples) return sorted;
  return range(keptSamples).map((index) => quantileOfSorted(sorted, index / (keptSamples - 1)));
}

type CandidateFit = { readonly dist: Dist; readonly aic: number };

function candidates(sorted: readonly number[]): CandidateFit[] {
  const { mu, sigma } = lognormalMle({ samples: sorted });
  const mixed = fitBodyAndTail(sorted);
  const scored = (dist: Dist, free: number, of: (x: number) => number): CandidateFit => ({
    dist,
    aic: 2 * free - 2 * sumOf(sorted, (x) => Math.log(Math.max(of(x), Number.MIN_VALUE))),
  });
  const simple = (dist: Fitted) => scored(dist, 2, (x) => density(dist, x));
  return [
    simple({ type: 'lognormal', mu, sigma: Math.max(sigma, tiny) }),
    simple({ type: 'shifted-exp', ...shiftedExpFit(sorted) }),
    scored(distOfMixture(mixed), 4, (x) => mixedDensity(mixed, x)),
  ];
}

function distOfMixture({ xm, weight, alpha, mean }: BodyAndTail): Dist {
  const body = { weight, dist: { type: 'pareto', xm, alpha } as const };
  return { type: 'mix', parts: [body, { weight: 1 - weight, dist: { type: 'exp', mean } }] };
}

type Fitted = Extract<Dist, { type: 'shifted-exp' | 'lognormal' | 'pareto' | 'exp' }>;

function density(dist: Fitted, x: number): number {
  switch (dist.type) {
    case 'exp':
      return Math.exp(-x / dist.mean) / dist.mean;
    case 'shifted-exp':
      return x < dist.shift ? 0 : Math.exp(-(x - dist.shift) / dist.mean) / dist.mean;
    case 'lognormal':
      return Math.exp(-(((Math.log(x) - dist.mu) / dist.sigma) ** 2) / 2) / (x * dist.sigma * Math.sqrt(2 * Math.PI));
    case 'pareto':
      return x < dist.xm ? 0 : (dist.alpha * dist.xm ** dist.alpha) / x ** (dist.alpha + 1);
    default:
      return unreachable(dist);
  }
}

/** A Pareto body from xm on, with the given weight, and an exponential tail. */
type BodyAndTail = { readonly xm: number; readonly weight: number; readonly alpha: number; readonly mean: number };

function bodyDensity({ xm, weight, alpha }: BodyAndTail, x: number): number {
  return weight * density({ type: 'pareto', xm, alpha }, x);
}

function mixedDensity(fit: BodyAndTail, x: number): number {
  return bodyDensity(fit, x) + (1 - fit.weight) * density({ type: 'exp', mean: fit.mean }, x);
}

const emRounds = 60;
const tiny = 1e-12;

/** What fitted the latencies of the PBS paper, by expectation and maximisation over ascending samples. */
export function fitBodyAndTail(sorted: readonly number[]): BodyAndTail {
  const n = sorted.length;
  const xm = at(sorted, 0);
  let fit: BodyAndTail = { xm, weight: 0.5, alpha: 2, mean: sum(sorted) / n };
  for (let round = 0; round < emRounds; round++) {
    const inBody = sorted.map((x) => bodyDensity(fit, x) / Math.max(mixedDensity(fit, x), Number.MIN_VALUE));
    const mass = sum(inBody);
    const logs = sumOf(inBody, (share, index) => share * Math.log(at(sorted, index) / xm));
    const tail = sumOf(inBody, (share, index) => (1 - share) * at(sorted, index));
    fit = { xm, weight: mass / n, alpha: mass / Math.max(logs, tiny), mean: tail / Math.max(n - mass, tiny) };
  }
  return fit;
}

const samplesPerHistogram = 2000;

/** Samples that a histogram stands for: spread evenly inside each bucket; what is beyond the last bound sits on it. */
export function samplesOfBuckets(buckets: readonly Bucket[]): { readonly samples: number[]; readonly n: number } {
  const n = buckets.at(-1)?.count ?? 0;
  if (n === 0) return { samples: [], n };
  const kept = Math.min(n, samplesPerHistogram);
  const samples = range(kept).map((index) => valueAtRank(buckets, ((index + 0.5) / kept) * n));
  return { samples, n };
}

function valueAtRank(buckets: readonly Bucket[], rank: number): number {
  const found = buckets.findIndex((bucket) => bucket.count >= rank);
  const upper = at(buckets, found);
  const lower = found === 0 ? { upTo: 0, count: 0 } : at(buckets, found - 1);
  if (!Number.isFinite(upper.upTo)) return lower.upTo;
  return lower.upTo + ((rank - lower.count) / (upper.count - lower.count)) * (upper.upTo - lower.upTo);
}
