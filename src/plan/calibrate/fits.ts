/**
 * Why: telemetry becomes model parameters by maximum likelihood and moments, each with its interval where one exists.
 */
import { at, range, sum, sumOf } from '../numeric/lists.ts';
import { bisect } from '../numeric/roots.ts';
import { chiSquareQuantile, normalQuantile } from '../numeric/special.ts';
import { mean } from '../numeric/statistics.ts';

const maxAlpha = 20;

/** Zipf exponent of request counts per object; ranks by descending count, support = number of objects. */
export function zipfMle({ counts }: { readonly counts: readonly number[] }) {
  const ranked = [...counts].sort((left, right) => right - left);
  const logs = ranked.map((_, index) => Math.log(index + 1));
  const observed = sumOf(ranked, (count, index) => count * at(logs, index)) / sum(ranked);
  const expected = (alpha: number) => {
    const weights = logs.map((log) => Math.exp(-alpha * log));
    return sumOf(weights, (weight, index) => weight * at(logs, index)) / sum(weights);
  };
  return { alpha: bisect((alpha) => expected(alpha) <= observed, 0, maxAlpha) };
}

/** mu and sigma (maximum likelihood), and the mean and 99th percentile they imply. */
export function lognormalMle({ samples }: { readonly samples: readonly number[] }) {
  const logs = samples.map(Math.log);
  const mu = mean(logs);
  const sigma = Math.sqrt(mean(logs.map((log) => (log - mu) ** 2)));
  return { mu, sigma, mean: Math.exp(mu + sigma ** 2 / 2), p99: Math.exp(mu + normalQuantile(0.99) * sigma) };
}

/**
 * MTBF from `failures` in `totalHours` of running time, with the chi-square interval of a time-censored test. Without a
 * failure only the lower bound is known; the others are null.
 */
export function mtbfEstimate(input: {
  readonly totalHours: number;
  readonly failures: number;
  readonly confidence: number;
}) {
  const { totalHours, failures } = input;
  const half = (1 - input.confidence) / 2;
  const lower = (2 * totalHours) / chiSquareQuantile(1 - half, 2 * failures + 2);
  if (failures === 0) return { mtbf: null, lower, upper: null };
  return { mtbf: totalHours / failures, lower, upper: (2 * totalHours) / chiSquareQuantile(half, 2 * failures) };
}

/** Mean and intra-class correlation of counts up out of n, by moments. */
export function betaBinomialMoments({ up, n }: { readonly up: readonly number[]; readonly n: number }) {
  const shares = up.map((count) => count / n);
  const p = mean(shares);
  const variance = sumOf(shares, (share) => (share - p) ** 2) / (shares.length - 1);
  return { mean: p, rho: ((variance * n) / (p * (1 - p)) - 1) / (n - 1) };
}

/** Shift and mean of an exponential that starts late: the least sample, corrected for its bias. */
export function shiftedExpFit(samples: readonly number[]): { shift: number; mean: number } {
  const least = Math.min(...samples);
  const excess = mean(samples) - least;
  const biasedBy = excess / Math.max(1, samples.length - 1);
  return { shift: Math.max(0, least - biasedBy), mean: excess + biasedBy };
}

/** Failures within `gapSec` of the one before belong to one burst (Ford et al., OSDI 2010: 120 s). Times ascending. */
export function failureBursts(times: readonly number[], gapSec: number): number[][] {
  const bursts: number[][] = [];
  times.forEach((time, index) => {
    const chained = index > 0 && time - at(times, index - 1) <= gapSec;
    if (chained) bursts.at(-1)?.push(time);
    else bursts.push([time]);
  });
  return bursts;
}

/** Largest distance between the empirical CDF of ascending samples and a model's (Kolmogorov and Smirnov). */
export function ksDistance(sorted: readonly number[], cdf: (x: number) => number): number {
  const n = sorted.length;
  return Math.max(
    ...range(n).map((index) => {
      const model = cdf(at(sorted, index));
      return Math.max(Math.abs(model - index / n), Math.abs(model - (index + 1) / n));
    }),
  );
}
