import { expect, test } from 'vitest';
import { Simulation, type SimulationCounts } from './journal-simulation.conformance.ts';

const seeds = Number(process.env.SEEDS ?? 20);
const first = Number(process.env.FIRST ?? 1);

test(`${seeds} stores live through failures of all kinds and lose nothing`, async () => {
  const counts: SimulationCounts = {};
  for (let seed = first; seed < first + seeds; seed++) {
    const simulation = new Simulation({ seed, ...(process.env.TRACE ? { trace: console.log } : {}) });
    try {
      await simulation.run(6);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
    for (const [what, times] of Object.entries(simulation.counts)) counts[what] = (counts[what] ?? 0) + times;
    counts.acked = (counts.acked ?? 0) + simulation.model.acknowledged;
    counts.doubt = (counts.doubt ?? 0) + simulation.model.doubtful;
  }
  console.log(counts);
  expect(counts.open).toBeGreaterThan(seeds);
}, 600_000);
