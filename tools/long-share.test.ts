import { expect, test } from 'vitest';
import { parseShare } from './long-share.ts';

test('a share is a percentage, the whole by default', () => {
  expect(parseShare('2%')).toBe(0.02);
  expect(parseShare('12.5%')).toBe(0.125);
  expect(parseShare(undefined)).toBe(1);
});

test.each(['0%', '101%', '5', 'all', '-1%'])('%s is refused', (text) => {
  expect(() => parseShare(text)).toThrow('give a percentage');
});
