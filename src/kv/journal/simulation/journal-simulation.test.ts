import { expect, test } from 'vitest';
import { liveThrough } from './live-through.conformance.ts';

test('120 stores live through crashes, power cuts and failing disks, and lose nothing acknowledged', async () => {
  const counts = await liveThrough({ first: 1, seeds: 120, lives: 3, operations: 8 });
  expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
}, 300_000);

test('40 stores live longer, with more to recover each time', async () => {
  const counts = await liveThrough({ first: 100, seeds: 40, lives: 6, operations: 30 });
  expect(counts['died in recovery']).toBeGreaterThan(0);
}, 300_000);

test('a set that was in doubt is settled by the recovery: no later start needs a journal that left', async () => {
  const counts = await liveThrough({ first: 3947, seeds: 1, lives: 6, operations: 30 });
  expect(counts['set:kv.unknown_outcome']).toBeGreaterThan(0);
});
