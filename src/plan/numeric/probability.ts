/**
 * Why: counts of independent things that are up, and draws without replacement, are the kernel of every quorum and loss
 * formula.
 */
import { range, sum } from './lists.ts';
import { lnChoose } from './special.ts';

/** P(j of the independent events happen), j = 0..n; by adding one event at a time, positive terms only. */
export function poissonBinomialPmf(probabilities: readonly number[]): number[] {
  return probabilities.reduce<number[]>((pmf, p) => convolve(pmf, [1 - p, p]), [1]);
}

/** The distribution of a sum of two independent counts. */
export function convolve(left: readonly number[], right: readonly number[]): number[] {
  const pmf = new Array<number>(left.length + right.length - 1).fill(0);
  left.forEach((p, i) => {
    right.forEach((q, j) => {
      pmf[i + j] = (pmf[i + j] as number) + p * q;
    });
  });
  return pmf;
}

/** P(at least k), and P(fewer than k) summed directly: never as one minus the other. */
export function tails(pmf: readonly number[], k: number): { atLeast: number; lessThan: number } {
  return { atLeast: sum(pmf.slice(Math.max(k, 0))), lessThan: sum(pmf.slice(0, Math.max(k, 0))) };
}

/** P(Binomial(n, p) = j). */
export function binomialProbability(n: number, p: number, j: number): number {
  if (p <= 0 || p >= 1) return j === (p <= 0 ? 0 : n) ? 1 : 0;
  return Math.exp(lnChoose(n, j) + j * Math.log(p) + (n - j) * Math.log1p(-p));
}

/** P(more than `limit` of Binomial(n, p)). */
export function binomialAbove(n: number, p: number, limit: number): number {
  return sum(range(n - limit).map((index) => binomialProbability(n, p, limit + 1 + index)));
}

/**
 * P(more than `limit` marked ones among `drawn` taken without replacement from `total` of which `marked` are marked).
 */
export function hypergeometricAbove(draw: { total: number; marked: number; drawn: number }, limit: number): number {
  const all = lnChoose(draw.total, draw.drawn);
  const exactly = (hits: number) =>
    Math.exp(lnChoose(draw.marked, hits) + lnChoose(draw.total - draw.marked, draw.drawn - hits) - all);
  return sum(range(Math.max(0, draw.drawn - limit)).map((index) => exactly(limit + 1 + index)));
}

/** 1 - (1 - p)^n without cancellation. */
export function atLeastOnce(p: number, n: number): number {
  return p >= 1 ? 1 : -Math.expm1(n * Math.log1p(-p));
}
