/** Share of the long run: 3 of its 2,000 seeds, the same ones first. */
import { test } from 'vitest';
import { runSeeds } from './run-seeds.ts';

const seeds = 3;

test(`${seeds} stores live through kills, power cuts, lost volumes and failing calls, and lose nothing`, async () => {
  await runSeeds(seeds, 'test/simulation/simulation.test.ts');
}, 600_000);
