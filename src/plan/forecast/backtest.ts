/**
 * Why: a forecast is used only if it beats "as one period ago" on the user's own past; its interval is what it missed
 * by.
 */
import { unreachable } from '../../base/assert.ts';
import { range } from '../numeric/lists.ts';
import { ascending, type Interval, quantileOfSorted } from '../numeric/statistics.ts';
import { holt, holtWinters, meanAbsoluteError, seasonalNaive } from './smoothing.ts';

export type Method = 'holt' | 'holt-winters' | 'seasonal-naive';

export type SeriesForecast = {
  readonly method: Method;
  readonly values: readonly number[];
  /** 90 % of the backtest's residuals around each value. */
  readonly intervals: readonly Interval[];
  readonly error: number;
  readonly naiveError: number;
};

export type ForecastInput = { readonly values: readonly number[]; readonly period: number; readonly horizon: number };

const smoothing = { alpha: 0.4, beta: 0.1, gamma: 0.3 };
const origins = 10;

function run(method: Method, { values, period, horizon }: ForecastInput): readonly number[] {
  switch (method) {
    case 'holt':
      return holt({ values, ...smoothing, horizon }).forecast;
    case 'holt-winters':
      return holtWinters({ values, period, ...smoothing, horizon }).forecast;
    case 'seasonal-naive':
      return seasonalNaive({ values, period, horizon });
    default:
      return unreachable(method);
  }
}

/** The method with the least error over a rolling origin; the naive one unless another is better. */
export function forecastSeries({ values, period, horizon }: ForecastInput): SeriesForecast {
  const methods: Method[] = values.length >= 3 * period && period > 1 ? ['holt', 'holt-winters'] : ['holt'];
  const naive = backtest('seasonal-naive', { values, period, horizon });
  const tried = methods.map((method) => ({ method, ...backtest(method, { values, period, horizon }) }));
  const best = tried.reduce((left, right) => (right.error < left.error ? right : left));
  const chosen = best.error < naive.error ? best : { method: 'seasonal-naive' as const, ...naive };
  const forecast = run(chosen.method, { values, period, horizon });
  const [low, high] = residualInterval(chosen.residuals);
  return {
    method: chosen.method,
    values: forecast,
    intervals: forecast.map((value): Interval => [value + low, value + high]),
    error: chosen.error,
    naiveError: naive.error,
  };
}

/** Forecasts from each of the last ten origins that leave something to compare with. */
function backtest(method: Method, { values, period, horizon }: ForecastInput): { error: number; residuals: number[] } {
  const least = Math.max(2, method === 'holt-winters' ? 2 * period : period);
  const first = Math.max(least, values.length - origins);
  const cuts = range(Math.max(0, values.length - first)).map((index) => first + index);
  const compared = cuts.map((cut) => {
    const actual = values.slice(cut, cut + horizon);
    return { actual, predicted: run(method, { values: values.slice(0, cut), period, horizon: actual.length }) };
  });
  const residuals = compared.flatMap(({ actual, predicted }) =>
    actual.map((value, index) => value - (predicted[index] as number)),
  );
  const error =
    compared.reduce((sum, each) => sum + meanAbsoluteError(each.predicted, each.actual), 0) / compared.length;
  return { error: compared.length === 0 ? Number.POSITIVE_INFINITY : error, residuals };
}

function residualInterval(residuals: readonly number[]): Interval {
  if (residuals.length === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const sorted = ascending(residuals);
  return [quantileOfSorted(sorted, 0.05), quantileOfSorted(sorted, 0.95)];
}
