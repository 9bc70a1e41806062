import { expect, test } from 'vitest';
import { chooseFront } from './start-front.ts';

const obstacle = 'its parser cannot be loaded';

test.each([
  ['auto', undefined, 'fast', 'it can run here'],
  ['auto', obstacle, 'portable', `the fast front cannot run: ${obstacle}`],
  ['fast', undefined, 'fast', 'as configured'],
  ['portable', undefined, 'portable', 'as configured'],
] as const)('%s, with the obstacle %s, is the %s front', (choice, found, kind, reason) => {
  expect(chooseFront(choice, found)).toEqual({ kind, reason });
});

test('a fast front that sends no files says so', () => {
  expect(chooseFront('auto', undefined, false).reason).toMatch(/^it can run here; without koffi/);
});

test('who asks for the fast front by name is told why there is none', () => {
  expect(() => chooseFront('fast', obstacle)).toThrow(`the fast front cannot run: ${obstacle}; choose`);
});
