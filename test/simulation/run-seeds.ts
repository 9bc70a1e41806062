/**
 * Why: many histories, one count: the short run and the long one differ in how many seeds they have, and in nothing
 * else.
 */
import { isReplay, replayWith, seedsToRun, traceTo } from '../support/seeds.ts';
import { runCheckedSeed } from './run-seed.ts';
import { runInWorkers } from './seed-workers.ts';
import { Tally } from './tally.ts';

/** Prints what happened, and gives what never did; throws where seeds failed or had too few faults. */
export async function runSeeds(count: number, file: string): Promise<string[]> {
  const total = new Tally();
  const seeds = seedsToRun(1, count);
  if (isReplay()) for (const seed of seeds) total.addAll((await runCheckedSeed({ seed, trace: traceTo() })).counts);
  else await runAll(seeds, total, file);
  for (const line of total.lines()) console.log(line);
  console.log(
    `${seeds.length} seeds, ${total.operations} operations, ${total.faults} faults, nothing lost, nothing left behind`,
  );
  return isReplay() ? [] : total.neverHappened();
}

const tellEvery = 100;

/** All seeds are run, so that one failure does not hide another. */
async function runAll(seeds: readonly number[], total: Tally, file: string): Promise<void> {
  const failures: string[] = [];
  let done = 0;
  await runInWorkers(seeds, (outcome) => {
    done += 1;
    if (done % tellEvery === 0) console.log(`${done} of ${seeds.length} seeds, ${failures.length} failed`);
    if ('counts' in outcome) return total.addAll(outcome.counts);
    const replay = replayWith(outcome.seed, file);
    const failure = `seed ${outcome.seed} failed; replay it with: ${replay}\n${outcome.failure}`;
    console.log(failure);
    failures.push(failure);
  });
  if (failures.length > 0) throw new Error(`${failures.length} of ${seeds.length} seeds failed\n${failures[0]}`);
}
