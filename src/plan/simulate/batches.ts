/** Why: what a simulation measures is correlated in time; means of long batches are not, and give honest intervals. */
import { mean, meanInterval } from '../numeric/statistics.ts';

export type Estimate = { readonly value: number; readonly ci: readonly [low: number, high: number] };

/** Mean and interval of batch means (warm-up already left out). */
export function estimate(batchMeans: readonly number[], confidence = 0.95): Estimate {
  return { value: mean(batchMeans), ci: meanInterval(batchMeans, confidence) };
}

export function covers({ ci }: Estimate, value: number): boolean {
  return ci[0] <= value && value <= ci[1];
}

/** Cuts a series into equal batches, the first `warmUp` share dropped, and takes a figure of each. */
export function batchesOf<T>(
  series: readonly T[],
  batches: number,
  figure: (batch: readonly T[]) => number,
  warmUp = 0.1,
): number[] {
  const kept = series.slice(Math.floor(series.length * warmUp));
  const size = Math.floor(kept.length / batches);
  return Array.from({ length: batches }, (_, index) => figure(kept.slice(index * size, (index + 1) * size)));
}
