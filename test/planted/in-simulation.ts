/**
 * Why: the simulation must find each planted fault that has a seed on record, and nothing where there is none. A change
 * of the program moves what a seed meets, so the seeds after the one on record are tried as well.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { SeedOutcome } from '../simulation/seed-worker.ts';
import { runShare } from '../simulation/seed-workers.ts';
import { seedsToRun } from '../support/seeds.ts';
import { type PlantedFault, readFaults, withPlanted } from './fault.ts';

const seedsTried = 20;
const timeoutMs = 600_000;

/** `names`: those of the list; all when left out. `file`: of the test, to replay it. */
export async function describePlantedSimulation(
  file: string,
  { names }: { readonly names?: readonly string[] } = {},
): Promise<void> {
  const seeded = (await readFaults('simulation')).filter(
    ({ suite, seed }) => suite === undefined && seed !== undefined,
  );
  const faults = seeded.filter(({ name }) => names?.includes(name) ?? true);
  if (names !== undefined) expect(faults.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
  describe('the simulation finds', () => {
    for (const fault of faults) test(fault.name, () => mustBeFound(fault, file), timeoutMs);
    test('nothing in the program itself, by the same seeds', () => mustFindNothing(faults), timeoutMs);
  });
}

async function mustBeFound(fault: PlantedFault, file: string): Promise<void> {
  const replay = (seed: number) => `COPYSET_SEED=${seed} npx vitest run ${file} -t '${fault.name}'`;
  const seeds = seedsToRun(fault.seed ?? 1, seedsTried);
  await withPlanted(fault.edits, async (directory) => {
    for (const seed of seeds) {
      const failure = await failureOf(seed, directory);
      if (failure === undefined) continue;
      expect(failure, 'how it was found').toMatch(/^(Violation|CopysetError): /);
      console.log(`${fault.name}: found by seed ${seed}; replay it with: ${replay(seed)}\n  ${failure.split('\n')[0]}`);
      return;
    }
    throw new Error(`no seed from ${seeds[0]} to ${seeds.at(-1)} finds it; replay with: ${replay(seeds[0] as number)}`);
  });
}

async function mustFindNothing(faults: readonly PlantedFault[]): Promise<void> {
  for (const seed of new Set(faults.map((fault) => fault.seed ?? 1)))
    expect(await failureOf(seed), `seed ${seed}`).toBeUndefined();
}

/** In this program, or in the copy that lies in `directory`. */
async function failureOf(seed: number, directory?: string): Promise<string | undefined> {
  const failures: string[] = [];
  const program =
    directory === undefined ? {} : { program: pathToFileURL(join(directory, 'test/simulation/seed-worker.ts')) };
  const onOutcome = (outcome: SeedOutcome) => {
    if ('failure' in outcome) failures.push(outcome.failure);
  };
  await runShare([seed], onOutcome, program);
  return failures[0];
}
