/**
 * Why: load and fill have level, trend and season; exponential smoothing (Holt 1957, Winters 1960) follows all three.
 */
import { at, range, sumOf } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';

type Series = { readonly values: readonly number[] };

/** s = alpha x + (1 - alpha) s, from `init` or from the first value. */
export function ewma(input: Series & { readonly alpha: number; readonly init?: number }) {
  const start = input.init ?? at(input.values, 0);
  const rest = input.init === undefined ? input.values.slice(1) : input.values;
  return { value: rest.reduce((smooth, x) => input.alpha * x + (1 - input.alpha) * smooth, start) };
}

export type HoltInput = Series & { readonly alpha: number; readonly beta: number; readonly horizon: number };

/** Level and trend; starts at x_0 and x_1 - x_0. */
export function holt({ values, alpha, beta, horizon }: HoltInput) {
  let level = at(values, 0);
  let trend = values.length > 1 ? at(values, 1) - level : 0;
  for (const x of values.slice(1)) {
    const before = level;
    level = alpha * x + (1 - alpha) * (level + trend);
    trend = beta * (level - before) + (1 - beta) * trend;
  }
  return { level, trend, forecast: range(horizon).map((step) => level + (step + 1) * trend) };
}

export type HoltWintersInput = HoltInput & { readonly period: number; readonly gamma: number };

/** Additive season. Starts from the means of the first two periods. */
export function holtWinters({ values, period, alpha, beta, gamma, horizon }: HoltWintersInput) {
  let level = mean(values.slice(0, period));
  let trend = (mean(values.slice(period, 2 * period)) - level) / period;
  const season = values.slice(0, period).map((x) => x - level);
  for (let index = period; index < values.length; index++) {
    const x = at(values, index);
    const phase = index % period;
    const before = level;
    level = alpha * (x - at(season, phase)) + (1 - alpha) * (level + trend);
    trend = beta * (level - before) + (1 - beta) * trend;
    season[phase] = gamma * (x - level) + (1 - gamma) * at(season, phase);
  }
  const forecast = range(horizon).map(
    (step) => level + (step + 1) * trend + at(season, (values.length + step) % period),
  );
  return { level, trend, season, forecast };
}

/** The value one period before: what any forecast must beat. */
export function seasonalNaive(input: Series & { readonly period: number; readonly horizon: number }): number[] {
  const last = input.values.slice(-input.period);
  return range(input.horizon).map((step) => at(last, step % last.length));
}

/** Mean absolute error. */
export function meanAbsoluteError(predicted: readonly number[], actual: readonly number[]): number {
  return sumOf(actual, (value, index) => Math.abs(value - at(predicted, index))) / actual.length;
}
