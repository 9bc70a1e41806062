/** Why: a prediction that misses its bound fails the test; what a share of the run cannot show is not asked of it. */
import { type Comparison, isWithin } from './comparison.ts';

/**
 * What is beyond its bound, in words. A share of the run has too few requests for percentiles, and twice the bounds.
 */
export function missesIn(comparisons: readonly Comparison[], { isWhole }: { readonly isWhole: boolean }): string[] {
  return comparisons
    .filter(({ what }) => isWhole || what !== 'read, p99')
    .map((each) => loosened(each, isWhole ? 1 : 2))
    .filter((each) => !isWithin(each))
    .map(({ configuration, what, predicted, measured }) => `${configuration}: ${what} ${predicted}, not ${measured}`);
}

function loosened(comparison: Comparison, factor: number): Comparison {
  const { bound } = comparison;
  return bound.kind === 'exact' ? comparison : { ...comparison, bound: { ...bound, most: factor * bound.most } };
}
