/** Why: seeds know nothing of each other, so every core takes some. This is the thread that lives through a few. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCheckedSeed } from './run-seed.ts';
import type { Counts } from './tally.ts';

/** `failure`: what went wrong, with its stack. */
export type SeedOutcome = { readonly seed: number } & ({ readonly counts: Counts } | { readonly failure: string });

async function outcomeOf(seed: number): Promise<SeedOutcome> {
  try {
    return { seed, counts: (await runCheckedSeed({ seed })).counts };
  } catch (error) {
    return { seed, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

for (const seed of workerData as readonly number[]) parentPort?.postMessage(await outcomeOf(seed));
