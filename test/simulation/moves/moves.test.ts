import { expect, test } from 'vitest';
import { seedsToRun } from '../../support/seeds.ts';
import { liveThroughMoves } from './live-through-moves.ts';

test.each(seedsToRun(1, 10))(
  'seed %i: what was put is found at once, while partitions move and after',
  async (seed) => {
    const counts = await liveThroughMoves(seed);
    expect(Object.entries(counts).filter(([, times]) => times === 0)).toEqual([]);
  },
);
