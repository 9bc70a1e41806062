import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betaQuantile,
  chiSquareQuantile,
  choose,
  lnChoose,
  lnGamma,
  lowerGamma,
  normalCdf,
  normalQuantile,
  regularBeta,
  studentQuantile,
} from './special.ts';

/** Abramowitz and Stegun, Handbook of Mathematical Functions, tables 6.1, 26.1, 26.7, 26.8, 26.10. */
describe('special functions at tabulated points', () => {
  it.each([
    ['ln gamma(0.5) = ln sqrt(pi)', lnGamma(0.5), Math.log(Math.sqrt(Math.PI))],
    ['ln gamma(10) = ln 9!', lnGamma(10), Math.log(362_880)],
    ['C(50, 3)', choose(50, 3), 19_600],
    ['ln C(5000, 3)', lnChoose(5000, 3), Math.log((5000 * 4999 * 4998) / 6)],
    ['ln C(4000, 2000), the large branch', lnChoose(4000, 2000), 2768.2158435670863],
    ['P(1, x) = 1 - exp(-x)', lowerGamma(1, 2.5), -Math.expm1(-2.5)],
    ['I_x(2, 3) is a polynomial', regularBeta(0.4, 2, 3), 0.5248],
    ['the normal CDF at 1.96', normalCdf(1.96), 0.975_002_104_851_78],
    ['the normal CDF at -6', normalCdf(-6), 9.865_876_450_377e-10],
    ['the normal 97.5 % point', normalQuantile(0.975), 1.959_963_984_540_05],
    ['the normal 2.5 % point', normalQuantile(0.025), -1.959_963_984_540_05],
    ['chi-square 95 %, 10 degrees', chiSquareQuantile(0.95, 10), 18.307_038_053_275],
    ['Student 97.5 %, 19 degrees', studentQuantile(0.975, 19), 2.093_024_054_408],
    ['the median of Beta(2, 2)', betaQuantile(0.5, 2, 2), 0.5],
  ])('%s', (_, got, expected) => {
    expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
  });

  it('quantile and CDF of the normal are inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (q) => {
        expect(normalCdf(normalQuantile(q))).toBeCloseTo(q, 10);
      }),
    );
  });

  it('C(n, k) follows the triangle of Pascal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (n, k) => {
        const sum = choose(n - 1, k - 1) + choose(n - 1, k);
        expect(Math.abs(choose(n, k) - sum)).toBeLessThanOrEqual(1e-10 * sum);
      }),
    );
  });
});
