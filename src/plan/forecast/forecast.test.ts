import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { range } from '../numeric/lists.ts';
import { daySec } from '../units.ts';
import { confirmedShift } from './anomaly.ts';
import { forecastSeries } from './backtest.ts';
import { exhaustion, lagForecast } from './forecast.ts';

const growing = range(60).map((day) => 100 + 2 * day);
const weekly = range(84).map((day) => 100 + day + 40 * Math.sin((2 * Math.PI * day) / 7));

describe('forecasts', () => {
  it('go on with a trend', () => {
    const { method, values } = forecastSeries({ values: growing, period: 7, horizon: 10 });
    expect(method).not.toBe('seasonal-naive');
    expect(values.at(-1)).toBeCloseTo(100 + 2 * 69, 0);
  });

  it('know the season', () => {
    const { method, error, naiveError, values } = forecastSeries({ values: weekly, period: 7, horizon: 7 });
    expect(method).toBe('holt-winters');
    expect(error).toBeLessThan(naiveError);
    expect(values[3]).toBeCloseTo(100 + 87 + 40 * Math.sin((2 * Math.PI * 87) / 7), -1);
  });

  it('fall back on the naive one when nothing beats it', () => {
    const square = range(60).map((hour) => (hour % 10 < 5 ? 100 : 0));
    expect(forecastSeries({ values: square, period: 10, horizon: 5 })).toMatchObject({
      method: 'seasonal-naive',
      error: 0,
    });
  });

  it('have intervals from their own misses', () => {
    const random = seededRandom(1);
    const noisy = growing.map((value) => value + 10 * (random.float() - 0.5));
    const { values, intervals } = forecastSeries({ values: noisy, period: 7, horizon: 3 });
    const [low, high] = intervals[0] as [number, number];
    expect(low).toBeLessThan(values[0] as number);
    expect(high - low).toBeGreaterThan(3);
  });
});

describe('exhaustion', () => {
  const history = { values: growing, stepSec: daySec, period: 7 };

  it('is a date, between an earliest and a latest one', () => {
    const { inSec, earliestSec, latestSec } = exhaustion(history, 240, 60 * daySec);
    expect(inSec).toBeCloseTo(11 * daySec, -5);
    expect(earliestSec ?? Number.NaN).toBeLessThanOrEqual(inSec ?? 0);
    expect(latestSec ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(inSec ?? 0);
  });

  it('may be beyond the horizon', () => {
    expect(exhaustion(history, 1e6, 60 * daySec).inSec).toBeNull();
  });
});

it('lag: when a replica will be busy for good, and how far the next burst throws it back', () => {
  const history = { values: growing, stepSec: daySec, period: 7 };
  const { saturation, burst } = lagForecast(
    history,
    { applyRate: 300, propagationSec: 0.05, burstSec: 600 },
    30 * daySec,
  );
  expect(saturation.inSec).toBeCloseTo(11 * daySec, -5);
  expect(burst.steadyLagSec).toBeGreaterThan(0.05);
  expect(burst.maxLagSec).toBeGreaterThanOrEqual(0.05);
});

it('a shift counts only when both detectors see it', () => {
  const steady = range(30).map((index) => 10 + (index % 3) * 0.1);
  expect(confirmedShift(steady, 10.1, 0.1)).toBe(false);
  expect(confirmedShift([...steady, ...range(10).map(() => 12)], 10.1, 0.1)).toBe(true);
  const outlier = [...steady, 30, ...steady];
  expect(confirmedShift(outlier, 10.1, 5)).toBe(false);
});
