import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { cdf, type Dist, mean, quantile, sampler, scaled, secondMoment } from './distribution.ts';
import { range } from './numeric/lists.ts';
import { meanInterval } from './numeric/statistics.ts';

const dists: readonly Dist[] = [
  { type: 'const', value: 3 },
  { type: 'exp', mean: 2 },
  { type: 'shifted-exp', shift: 5, mean: 1 },
  { type: 'lognormal', mu: 0.3, sigma: 0.6 },
  { type: 'pareto', xm: 2, alpha: 5 },
  {
    type: 'mix',
    parts: [
      { weight: 3, dist: { type: 'exp', mean: 1 } },
      { weight: 1, dist: { type: 'const', value: 8 } },
    ],
  },
  { type: 'empirical', samples: [1, 2, 2, 5, 9] },
];

describe.each(dists.map((dist) => [dist.type, dist] as const))('%s', (_, dist) => {
  it('reaches q at its q-quantile, and not before', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (q) => {
        const x = quantile(dist, q);
        if (dist.type === 'empirical') return; // interpolated between samples
        expect(cdf(dist, x * (1 + 1e-9))).toBeGreaterThanOrEqual(q - 1e-9);
        expect(cdf(dist, x * (1 - 1e-6) - 1e-9)).toBeLessThanOrEqual(q + 1e-6);
      }),
    );
  });

  it('is drawn with its mean and second moment', () => {
    const draw = sampler(dist, seededRandom(7));
    const draws = range(40_000).map(() => draw());
    const around = (values: readonly number[]) => meanInterval(values, 0.9999);
    const inside = ([low, high]: readonly [number, number], value: number) =>
      low - 1e-9 <= value && value <= high + 1e-9;
    expect(inside(around(draws), mean(dist))).toBe(true);
    expect(inside(around(draws.map((x) => x * x)), secondMoment(dist))).toBe(true);
  });

  it('scales as a whole', () => {
    expect(mean(scaled(dist, 3))).toBeCloseTo(3 * mean(dist), 9);
    expect(quantile(scaled(dist, 3), 0.7)).toBeCloseTo(3 * quantile(dist, 0.7), 9);
  });
});
