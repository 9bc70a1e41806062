import { describe, expect, it } from 'vitest';
import { type Dimension, formatQuantity, parseQuantity } from './units.ts';

describe('parseQuantity', () => {
  it.each<[string | number, Dimension, number]>([
    ['4MiB', 'bytes', 4 * 2 ** 20],
    ['8 TB', 'bytes', 8e12],
    ['300kB', 'bytes', 3e5],
    ['2ms', 'seconds', 0.002],
    ['15min', 'seconds', 900],
    ['99.9%', 'share', 0.999],
    ['10Gbit/s', 'bytesPerSecond', 1.25e9],
    ['200/s', 'perSecond', 200],
    ['2/y', 'perSecond', 2 / 31_557_600],
    ['200k', 'count', 200_000],
    ['1e-5', 'share', 1e-5],
    [0.02, 'usd', 0.02],
    ['-3', 'count', -3],
  ])('%s in %s', (text, dimension, expected) => {
    expect(parseQuantity(text, dimension, 'x') / expected).toBeCloseTo(1, 12);
  });

  it.each([
    ['4MiB', 'seconds'],
    ['4 apples', 'bytes'],
    ['', 'count'],
    ['ms', 'seconds'],
    [undefined, 'share'],
  ] as const)('refuses %s as %s, naming the place', (text, dimension) => {
    expect(() => parseQuantity(text, dimension, 'nodes[0].disk')).toThrow(/nodes\[0\]\.disk/);
  });
});

describe('formatQuantity', () => {
  it.each<[number, Dimension, string]>([
    [4 * 2 ** 20, 'bytes', '4 MiB'],
    [0.00234567, 'seconds', '2.346 ms'],
    [900, 'seconds', '15 min'],
    [1.25e9, 'bytesPerSecond', '1.25 GB/s'],
    [1e-5, 'share', '1.00e-5'],
    [0, 'bytes', '0'],
    [Number.POSITIVE_INFINITY, 'seconds', 'Infinity'],
  ])('%d %s is %s', (value, dimension, text) => {
    expect(formatQuantity(value, dimension)).toBe(text);
  });
});
