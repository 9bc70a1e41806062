import fc from 'fast-check';
import { expect, it } from 'vitest';
import { range, sum } from './lists.ts';
import { stationary } from './markov.ts';

it('gives the steady state of a birth-death chain, over 24 orders of magnitude', () => {
  // up <-> down with rates 1e-12 and 1e12
  const [up, down] = stationary([
    [0, 1e-12],
    [1e12, 0],
  ]);
  expect(up).toBe(1);
  expect((down as number) / 1e-24).toBeCloseTo(1, 12);
});

it('flows in and out of every state are equal', () => {
  const rate = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const rates = fc
    .integer({ min: 2, max: 6 })
    .chain((n) => fc.array(fc.array(rate, { minLength: n, maxLength: n }), { minLength: n, maxLength: n }));
  fc.assert(
    fc.property(rates, (matrix) => {
      const pi = stationary(matrix);
      const flow = (from: number, to: number) =>
        from === to ? 0 : (pi[from] as number) * (matrix[from]?.[to] as number);
      expect(sum(pi)).toBeCloseTo(1, 12);
      for (const state of range(pi.length)) {
        const out = sum(range(pi.length).map((to) => flow(state, to)));
        const into = sum(range(pi.length).map((from) => flow(from, state)));
        expect(Math.abs(out - into)).toBeLessThanOrEqual(1e-9 * out);
      }
    }),
  );
});
