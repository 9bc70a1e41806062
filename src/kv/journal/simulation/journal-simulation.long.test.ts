import { expect, test } from 'vitest';
import { shareOf } from '../../../../tools/long-share.ts';
import { liveThrough } from './live-through.conformance.ts';

const seeds = shareOf(3_000, 40);

test(`${seeds} stores of six lives each lose nothing that was acknowledged`, async () => {
  const counts = await liveThrough({ first: 1_000, seeds, lives: 6, operations: 30 });
  expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
});
