/** The whole run: 2,000 seeds of 500 operations each. */
import { test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { runSeeds } from './run-seeds.ts';

const seeds = shareOf(2_000, 24);

test(
  `${seeds} stores live through kills, power cuts, lost volumes and failing calls, and lose nothing`,
  async () => {
    await runSeeds(seeds, 'test/simulation/simulation.long.test.ts');
  },
  6 * 3_600_000,
);
