import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

test('each object is made something of once, and what throws is asked again', () => {
  const made: number[] = [];
  const of = remembered(({ value }: { readonly value: number }) => {
    made.push(value);
    if (made.length === 1) throw new RangeError('the first time');
    return { value };
  });
  const [one, other] = [{ value: 1 }, { value: 1 }];
  expect(() => of(one)).toThrow(RangeError);
  const first = of(one);
  expect(of(one)).toBe(first);
  expect(of(other)).not.toBe(first);
  expect(made).toEqual([1, 1, 1]);
});
