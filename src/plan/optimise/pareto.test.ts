import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dominates, frontIndices, paretoFront, recommend } from './pareto.ts';

const rows = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 40 });

it('the front holds no dominated point, and everything else is dominated by one of it', () => {
  fc.assert(
    fc.property(rows, (points) => {
      const front = new Set(frontIndices(points));
      points.forEach((point, index) => {
        expect(points.some((other) => dominates(other, point))).toBe(!front.has(index));
      });
    }),
  );
});

it('the choice does not depend on the order of the points', () => {
  const named = rows.map((list) => list.map(([u, l, c], index) => ({ id: `p${index}`, u, l, c })));
  fc.assert(
    fc.property(named, fc.nat(5), (points, max) => {
      const choose = (list: typeof points) =>
        recommend({ points: list, constraints: [{ metric: 'u', max }], minimise: 'c' }).chosen;
      expect(choose([...points].reverse())).toBe(choose(points));
    }),
  );
});

it('equal points all stay', () => {
  const twice = [
    { id: 'a', u: 1 },
    { id: 'b', u: 1 },
    { id: 'c', u: 2 },
  ];
  expect(paretoFront({ points: twice, minimise: ['u'] }).ids).toEqual(['a', 'b']);
});
