import { expect, test } from 'vitest';
import { seedsToRun } from '../../support/seeds.ts';
import { liveThroughCollections } from './live-through-collections.ts';

test.each(seedsToRun(1, 10))('seed %i: what was put stays, while garbage is collected at any moment', async (seed) => {
  const counts = await liveThroughCollections(seed);
  expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
});
