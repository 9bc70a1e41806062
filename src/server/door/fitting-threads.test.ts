import { expect, test } from 'vitest';
import { fittingThreads } from './fitting-threads.ts';

test.each([
  [1, 0],
  [3, 0],
  [4, 2],
  [7, 2],
  [8, 4],
  [128, 4],
])('with %d processors %d threads serve the door', (cores, threads) => {
  expect(fittingThreads({ cores, platform: 'linux' })).toBe(threads);
});

test('none where the kernel does not share connections out', () => {
  expect(fittingThreads({ cores: 16, platform: 'darwin' })).toBe(0);
});
