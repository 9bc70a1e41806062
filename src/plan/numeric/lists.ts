/**
 * Why: formulas are sums over lists; these few words keep them readable where every index may be undefined to the
 * compiler.
 */
import { assert } from '../../base/assert.ts';

/** The element at `index`, asserted to exist. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  assert(index >= 0 && index < list.length, `index ${index} of a list of ${list.length}`);
  return list[index] as T;
}

/** [0, 1, ..., length - 1]. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function sumOf<T>(list: readonly T[], term: (element: T, index: number) => number): number {
  return list.reduce((total, element, index) => total + term(element, index), 0);
}

/** The k-th smallest, k from 1. */
export function kthSmallest(values: readonly number[], k: number): number {
  return at(
    [...values].sort((left, right) => left - right),
    k - 1,
  );
}

/** The index of the smallest value, the lowest index among equals. */
export function indexOfSmallest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value < at(values, best) ? index : best), 0);
}
