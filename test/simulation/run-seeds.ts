/**
 * Why: many histories, one count: the short run and the long one differ in how many seeds they have, and in nothing
 * else.
 */
import { isReplay, replayWith, seedsToRun, traceTo } from '../support/seeds.ts';
import { leastFaults, operationsPerSeed, runSeed } from './run-seed.ts';
import { Tally } from './tally.ts';

/**
 * Prints what happened; throws where a seed failed, had too few faults, or where a fault never struck in all of them.
 */
export async function runSeeds(count: number, file: string): Promise<void> {
  const total = new Tally();
  const seeds = seedsToRun(1, count);
  for (const seed of seeds) total.addAll(await runOne(seed, file));
  for (const line of total.lines()) console.log(line);
  console.log(
    `${seeds.length} seeds, ${total.operations} operations, ${total.faults} faults, nothing lost, nothing left behind`,
  );
  const never = total.neverHappened();
  if (!isReplay() && never.length > 0) throw new Error(`these faults never struck: ${never.join(', ')}`);
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
