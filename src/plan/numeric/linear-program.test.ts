import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Row, solveLinearProgram } from './linear-program.ts';
import { sumOf } from './lists.ts';

it('finds the vertex of a textbook program', () => {
  // max 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18 (Hillier and Lieberman, Wyndor Glass): 36 at (2, 6)
  const rows: Row[] = [
    { coefficients: [1, 0], relation: '<=', bound: 4 },
    { coefficients: [0, 2], relation: '<=', bound: 12 },
    { coefficients: [3, 2], relation: '<=', bound: 18 },
  ];
  const solution = solveLinearProgram({ cost: [-3, -5], rows });
  expect(solution?.value).toBeCloseTo(-36, 9);
  expect(solution?.x).toEqual([2, 6]);
});

it('says undefined where nothing is feasible and where nothing bounds the cost', () => {
  const impossible: Row[] = [
    { coefficients: [1], relation: '<=', bound: 1 },
    { coefficients: [-1], relation: '<=', bound: -2 },
  ];
  expect(solveLinearProgram({ cost: [1], rows: impossible })).toBeUndefined();
  expect(solveLinearProgram({ cost: [-1], rows: [{ coefficients: [0], relation: '<=', bound: 1 }] })).toBeUndefined();
});

it('copes with redundant equations', () => {
  const whole: Row = { coefficients: [1, 1], relation: '=', bound: 1 };
  expect(solveLinearProgram({ cost: [2, 1], rows: [whole, whole] })?.value).toBeCloseTo(1, 9);
});

it('is never worse than any feasible point', () => {
  const weight = fc.double({ min: 0.1, max: 5, noNaN: true });
  const program = fc.record({
    cost: fc.array(weight, { minLength: 3, maxLength: 3 }),
    loads: fc.array(weight, { minLength: 3, maxLength: 3 }),
  });
  fc.assert(
    fc.property(program, fc.array(weight, { minLength: 3, maxLength: 3 }), ({ cost, loads }, raw) => {
      const rows: Row[] = [
        { coefficients: [1, 1, 1], relation: '=', bound: 1 },
        { coefficients: loads, relation: '<=', bound: 5 },
      ];
      const total = sumOf(raw, (each) => each);
      const point = raw.map((each) => each / total);
      const best = solveLinearProgram({ cost, rows });
      expect(best?.value).toBeLessThanOrEqual(sumOf(point, (share, index) => share * (cost[index] as number)) + 1e-9);
    }),
  );
});
