import { expect, test } from 'vitest';
import { assert, present, unreachable } from './assert.ts';
import { CopysetError } from './errors.ts';

test('a condition that holds passes, one that does not is a bug', () => {
  expect(() => assert(1, 'one')).not.toThrow();
  expect(() => assert(0, 'one is true')).toThrow(new CopysetError('bug', 'assertion failed: one is true'));
});

test('present gives the value, also a falsy one', () => {
  expect(present(0, 'count')).toBe(0);
  expect(() => present(undefined, 'count')).toThrow('count is missing');
  expect(() => present(null, 'count')).toThrow('count is missing');
});

test('unreachable names the case', () => {
  expect(() => unreachable('square' as never)).toThrow('unexpected case: "square"');
});
