/** Why: samples, from telemetry or from the simulator, are summarised in one way everywhere. */
import { at, sum, sumOf } from './lists.ts';
import { studentQuantile } from './special.ts';

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** With n - 1 in the denominator. */
export function sampleVariance(values: readonly number[]): number {
  const centre = mean(values);
  return sumOf(values, (value) => (value - centre) ** 2) / (values.length - 1);
}

export function ascending(values: Iterable<number>): number[] {
  return [...values].sort((left, right) => left - right);
}

/** The q-quantile of ascending values, linear between neighbours (type 7 of Hyndman and Fan). */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = at(sorted, below);
  return below + 1 < sorted.length ? low + (position - below) * (at(sorted, below + 1) - low) : low;
}

export function median(values: readonly number[]): number {
  return quantileOfSorted(ascending(values), 0.5);
}

export type Interval = readonly [low: number, high: number];

/** The interval of the mean of independent values (batch means) at the given confidence, by Student's t. */
export function meanInterval(values: readonly number[], confidence: number): Interval {
  const centre = mean(values);
  const half =
    studentQuantile((1 + confidence) / 2, values.length - 1) * Math.sqrt(sampleVariance(values) / values.length);
  return [centre - half, centre + half];
}
