import { expect, test } from 'vitest';
import { liveThrough } from './live-through.conformance.ts';

test('120 stores live through crashes, power cuts and failing disks, and lose nothing acknowledged', async () => {
  const counts = await liveThrough({ first: 1, seeds: 120, lives: 3, operations: 8 });
  expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
}, 300_000);
