/**
 * Why: many histories, one count: the short run and the long one differ in how many seeds they have, and in nothing
 * else.
 */
import { isReplay, replayWith, seedsToRun, traceTo } from '../support/seeds.ts';
import { leastFaults, operationsPerSeed, runSeed } from './run-seed.ts';
import { Tally } from './tally.ts';

/** Prints what happened, and gives what never did; throws where a seed failed or had too few faults. */
export async function runSeeds(count: number, file: string): Promise<string[]> {
  const total = new Tally();
  const seeds = seedsToRun(1, count);
  for (const seed of seeds) total.addAll(await runOne(seed, file));
  for (const line of total.lines()) console.log(line);
  console.log(
    `${seeds.length} seeds, ${total.operations} operations, ${total.faults} faults, nothing lost, nothing left behind`,
  );
  return isReplay() ? [] : total.neverHappened();
}

async function runOne(seed: number, file: string): Promise<Tally> {
  try {
    const tally = await runSeed({ seed, trace: traceTo() });
    if (tally.operations < operationsPerSeed || tally.faults < leastFaults)
      throw new Error(`only ${tally.operations} operations and ${tally.faults} faults`);
    return tally;
  } catch (error) {
    throw new Error(`seed ${seed} failed; replay it with: ${replayWith(seed, file)}\n${String(error)}`, {
      cause: error,
    });
  }
}
