import { expect, test } from 'vitest';
import { CopysetError } from '../errors.ts';
import { allDone } from './all-done.ts';

test('all values, in order', async () => {
  expect(await allDone([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
});

test('a failure is told when the rest has ended, the first in order before others', async () => {
  const last = Promise.withResolvers<void>();
  const told: unknown[] = [];
  const failing = (text: string) => Promise.reject(new CopysetError('disk.io', text));
  const all = allDone([last.promise, failing('second'), failing('third')]).catch((error) => told.push(error.message));
  for (let passed = 0; passed < 20; passed++) await Promise.resolve();
  expect(told).toEqual([]);
  last.resolve();
  await all;
  expect(told).toEqual(['second']);
});
