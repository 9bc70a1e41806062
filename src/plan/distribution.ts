/**
 * Why: delays and sizes are distributions, never single numbers. One closed union, with CDF, quantile, mean, variance
 * and draws; every formula, fit and simulation speaks it.
 */
import { unreachable } from '../base/assert.ts';
import { pick, type Random } from '../base/random.ts';
import { at, sumOf } from './numeric/lists.ts';
import { bisectUpwards } from './numeric/roots.ts';
import { normalCdf, normalQuantile } from './numeric/special.ts';
import { mean as meanOf, quantileOfSorted } from './numeric/statistics.ts';

export type Dist =
  | { readonly type: 'const'; readonly value: number }
  | { readonly type: 'exp'; readonly mean: number }
  | { readonly type: 'shifted-exp'; readonly shift: number; readonly mean: number }
  | { readonly type: 'lognormal'; readonly mu: number; readonly sigma: number }
  | { readonly type: 'pareto'; readonly xm: number; readonly alpha: number }
  | { readonly type: 'mix'; readonly parts: readonly { readonly weight: number; readonly dist: Dist }[] }
  /** Ascending samples. */
  | { readonly type: 'empirical'; readonly samples: readonly number[] };

/** P(X <= x). */
export function cdf(dist: Dist, x: number): number {
  switch (dist.type) {
    case 'const':
      return x >= dist.value ? 1 : 0;
    case 'exp':
      return x <= 0 ? 0 : -Math.expm1(-x / dist.mean);
    case 'shifted-exp':
      return x <= dist.shift ? 0 : -Math.expm1(-(x - dist.shift) / dist.mean);
    case 'lognormal':
      return x <= 0 ? 0 : normalCdf((Math.log(x) - dist.mu) / dist.sigma);
    case 'pareto':
      return x <= dist.xm ? 0 : -Math.expm1(dist.alpha * Math.log(dist.xm / x));
    case 'mix':
      return sumOf(dist.parts, (part) => part.weight * cdf(part.dist, x)) / totalWeight(dist.parts);
    case 'empirical':
      return countUpTo(dist.samples, x) / dist.samples.length;
    default:
      return unreachable(dist);
  }
}

function totalWeight(parts: readonly { readonly weight: number }[]): number {
  return sumOf(parts, (part) => part.weight);
}

/** How many of the ascending samples are at most x. */
function countUpTo(samples: readonly number[], x: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(samples, middle) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The q-quantile, 0 < q < 1. */
export function quantile(dist: Dist, q: number): number {
  switch (dist.type) {
    case 'const':
      return dist.value;
    case 'exp':
      return -dist.mean * Math.log1p(-q);
    case 'shifted-exp':
      return dist.shift - dist.mean * Math.log1p(-q);
    case 'lognormal':
      return Math.exp(dist.mu + dist.sigma * normalQuantile(q));
    case 'pareto':
      return dist.xm * Math.exp(-Math.log1p(-q) / dist.alpha);
    case 'mix':
      return bisectUpwards((x) => cdf(dist, x) >= q);
    case 'empirical':
      return quantileOfSorted(dist.samples, q);
    default:
      return unreachable(dist);
  }
}

/** Infinite for a Pareto tail of alpha <= 1. */
export function mean(dist: Dist): number {
  switch (dist.type) {
    case 'const':
      return dist.value;
    case 'exp':
      return dist.mean;
    case 'shifted-exp':
      return dist.shift + dist.mean;
    case 'lognormal':
      return Math.exp(dist.mu + dist.sigma ** 2 / 2);
    case 'pareto':
      return dist.alpha > 1 ? (dist.alpha * dist.xm) / (dist.alpha - 1) : Number.POSITIVE_INFINITY;
    case 'mix':
      return sumOf(dist.parts, (part) => part.weight * mean(part.dist)) / totalWeight(dist.parts);
    case 'empirical':
      return meanOf(dist.samples);
    default:
      return unreachable(dist);
  }
}

/** E[X^2]. Infinite for a Pareto tail of alpha <= 2. */
export function secondMoment(dist: Dist): number {
  switch (dist.type) {
    case 'const':
      return dist.value ** 2;
    case 'exp':
      return 2 * dist.mean ** 2;
    case 'shifted-exp':
      return dist.mean ** 2 + (dist.shift + dist.mean) ** 2;
    case 'lognormal':
      return Math.exp(2 * dist.mu + 2 * dist.sigma ** 2);
    case 'pareto':
      return dist.alpha > 2 ? (dist.alpha * dist.xm ** 2) / (dist.alpha - 2) : Number.POSITIVE_INFINITY;
    case 'mix':
      return sumOf(dist.parts, (part) => part.weight * secondMoment(part.dist)) / totalWeight(dist.parts);
    case 'empirical':
      return meanOf(dist.samples.map((sample) => sample ** 2));
    default:
      return unreachable(dist);
  }
}

/** Draws values one by one. */
export type Sampler = () => number;

/** Made once and called often: the simulator and WARS spend most of their time here. */
export function sampler(dist: Dist, random: Random): Sampler {
  switch (dist.type) {
    case 'const':
      return () => dist.value;
    case 'exp':
      return () => dist.mean * drawExp(random);
    case 'shifted-exp':
      return () => dist.shift + dist.mean * drawExp(random);
    case 'lognormal':
      return () => Math.exp(dist.mu + dist.sigma * drawNormal(random));
    case 'pareto':
      return () => dist.xm * Math.exp(drawExp(random) / dist.alpha);
    case 'mix':
      return mixtureSampler(dist.parts, random);
    case 'empirical':
      return () => pick(random, dist.samples);
    default:
      return unreachable(dist);
  }
}

/** Exponential of mean 1. */
export function drawExp(random: Random): number {
  return -Math.log(1 - random.float());
}

/** Box and Muller (1958), one of the pair. */
function drawNormal(random: Random): number {
  return Math.sqrt(2 * drawExp(random)) * Math.cos(2 * Math.PI * random.float());
}

function mixtureSampler(parts: readonly { readonly weight: number; readonly dist: Dist }[], random: Random): Sampler {
  const samplers = parts.map((part) => sampler(part.dist, random));
  const upTo = parts.map((_, index) => totalWeight(parts.slice(0, index + 1)) / totalWeight(parts));
  const last = parts.length - 1;
  return () => {
    const u = random.float();
    let part = 0;
    while (part < last && u >= (upTo[part] as number)) part++;
    return (samplers[part] as Sampler)();
  };
}

/** The same shape with every value multiplied. */
export function scaled(dist: Dist, factor: number): Dist {
  switch (dist.type) {
    case 'const':
      return { type: 'const', value: dist.value * factor };
    case 'exp':
      return { type: 'exp', mean: dist.mean * factor };
    case 'shifted-exp':
      return { type: 'shifted-exp', shift: dist.shift * factor, mean: dist.mean * factor };
    case 'lognormal':
      return { type: 'lognormal', mu: dist.mu + Math.log(factor), sigma: dist.sigma };
    case 'pareto':
      return { type: 'pareto', xm: dist.xm * factor, alpha: dist.alpha };
    case 'mix':
      return { type: 'mix', parts: dist.parts.map((part) => ({ ...part, dist: scaled(part.dist, factor) })) };
    case 'empirical':
      return { type: 'empirical', samples: dist.samples.map((sample) => sample * factor) };
    default:
      return unreachable(dist);
  }
}
