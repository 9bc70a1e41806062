/**
 * The whole run: 2,000 seeds of 500 operations each. Where only a share of the long runs is asked for,
 * simulation.test.ts is this one's.
 */
import { expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { runSeeds } from './run-seeds.ts';

const all = 2_000;
const seeds = shareOf(all);

test.skipIf(seeds < all)(
  `${seeds} stores live through kills, power cuts, lost volumes and failing calls, and lose nothing`,
  async () => {
    const never = await runSeeds(seeds, 'test/simulation/simulation.long.test.ts');
    expect(never, 'faults that never struck').toEqual([]);
  },
  6 * 3_600_000,
);
