import { expect, test } from 'vitest';
import { liveThrough } from './live-through.conformance.ts';

test('2,000 stores of six lives each lose nothing that was acknowledged', async () => {
  const counts = await liveThrough({ first: 1_000, seeds: 2_000, lives: 6, operations: 30 });
  expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
}, 3_600_000);
