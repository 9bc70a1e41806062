import { expect, test } from 'vitest';
import { type Comparison, isWithin, tableOf } from './comparison.ts';
import { missesIn } from './misses.ts';

const row = (what: string, predicted: number, bound: Comparison['bound']): Comparison => {
  return { configuration: 'M 3', what, unit: 'count', predicted, measured: 100, bound };
};
const tenth = { kind: 'relative', most: 0.1 } as const;

test('a prediction is held to its bound', () => {
  expect([109, 89].map((predicted) => isWithin(row('write', predicted, tenth)))).toEqual([true, false]);
  expect([100, 101].map((predicted) => isWithin(row('copysets', predicted, { kind: 'exact' })))).toEqual([true, false]);
  const points = { kind: 'points', most: 3 } as const;
  expect([0.02, 0.04].map((share) => isWithin({ ...row('hits', share, points), measured: 0 }))).toEqual([true, false]);
});

test('what is beyond it is named, and stands in the table', () => {
  const misses = [row('bytes', 125, tenth), row('read, p99', 170, tenth), row('copysets', 101, { kind: 'exact' })];
  expect(missesIn(misses, { isWhole: true })).toHaveLength(3);
  expect(missesIn(misses, { isWhole: false })).toEqual(['M 3: bytes 125, not 100', 'M 3: copysets 101, not 100']);
  expect(missesIn([row('bytes', 115, tenth)], { isWhole: false })).toEqual([]);
  expect(tableOf(misses).split('\n').at(-1)).toBe('| M 3 | copysets | 101 | 100 | 1 | exact | **miss** |');
});
