/**
 * Why: when the disks are full and when replicas fall behind for good are dates that an operator can act on beforehand.
 */
import { lagUnderBurst } from '../formulas/staleness.ts';
import type { Interval } from '../numeric/statistics.ts';
import { forecastSeries, type Method } from './backtest.ts';

export type History = {
  readonly values: readonly number[];
  /** Between two values. */
  readonly stepSec: number;
  /** Values in one season. */
  readonly period: number;
};

export type Exhaustion = {
  readonly method: Method;
  /**
   * From the last value until the limit is reached: by the forecast, and by both ends of its interval. Null: not within
   * the horizon.
   */
  readonly inSec: number | null;
  readonly earliestSec: number | null;
  readonly latestSec: number | null;
};

/** When a series (used bytes, utilisation) first reaches the limit. */
export function exhaustion(history: History, limit: number, horizonSec: number): Exhaustion {
  const horizon = Math.ceil(horizonSec / history.stepSec);
  const { method, values, intervals } = forecastSeries({ values: history.values, period: history.period, horizon });
  const reach = (series: readonly number[]) => {
    const index = series.findIndex((value) => value >= limit);
    return index < 0 ? null : (index + 1) * history.stepSec;
  };
  return {
    method,
    inSec: reach(values),
    earliestSec: reach(intervals.map((interval: Interval) => interval[1])),
    latestSec: reach(intervals.map((interval: Interval) => interval[0])),
  };
}

const busyUtilisation = 0.8;

export type LagForecast = {
  /** Until apply is busier than 80 %: beyond that, lag grows faster than load. */
  readonly saturation: Exhaustion;
  /** Of the largest burst within the horizon's interval. */
  readonly burst: ReturnType<typeof lagUnderBurst>;
};

/** Of a replica that applies what others write; rates in one unit of work per second. */
export function lagForecast(
  history: History,
  replica: { readonly applyRate: number; readonly propagationSec: number; readonly burstSec: number },
  horizonSec: number,
): LagForecast {
  const horizon = Math.ceil(horizonSec / history.stepSec);
  const { values, intervals } = forecastSeries({ values: history.values, period: history.period, horizon });
  const saturation = exhaustion(history, busyUtilisation * replica.applyRate, horizonSec);
  const burstRate = Math.max(...intervals.map((interval) => interval[1]));
  const baseRate = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { saturation, burst: lagUnderBurst({ ...replica, baseRate, burstRate }) };
}
