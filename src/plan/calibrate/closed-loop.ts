/** Why: a planner that is never compared with what happened drifts into fiction. Predictions are kept, and judged. */
import type { MetricId } from '../model/metrics.ts';
import { sumOf } from '../numeric/lists.ts';
import type { Interval } from '../numeric/statistics.ts';

export type Prediction = {
  readonly metric: MetricId;
  readonly predicted: number;
  readonly interval: Interval;
  readonly actual: number;
};

export type LoopReport = {
  /** Mean of |predicted - actual| / actual. */
  readonly meanError: number;
  /** Share of the actual values inside their 90 % intervals. */
  readonly coverage: number;
  readonly trusted: boolean;
  /** Intervals should be that much wider until coverage is back. */
  readonly widenBy: number;
};

const wantedCoverage = 0.9;
const distrustedBelow = 0.8;

export function judgePredictions(predictions: readonly Prediction[]): LoopReport {
  const inside = predictions.filter(({ actual, interval }) => interval[0] <= actual && actual <= interval[1]);
  const coverage = inside.length / predictions.length;
  const meanError =
    sumOf(predictions, ({ predicted, actual }) => Math.abs(predicted - actual) / Math.abs(actual)) / predictions.length;
  return { meanError, coverage, trusted: coverage >= distrustedBelow, widenBy: widening(predictions) };
}

/** The factor on each half interval that would have held 90 % of the values. */
function widening(predictions: readonly Prediction[]): number {
  const needed = predictions
    .map(({ predicted, actual, interval }) => {
      const half = actual > predicted ? interval[1] - predicted : predicted - interval[0];
      return half > 0 ? Math.abs(actual - predicted) / half : Number.POSITIVE_INFINITY;
    })
    .sort((left, right) => left - right);
  return Math.max(1, needed[Math.ceil(wantedCoverage * needed.length) - 1] ?? 1);
}
