/**
 * Why: some faults are met by the seeded suites of a room, which live through far more histories of it than the
 * simulation of a whole site does. Each suite is a program that ends with an error when its seed breaks a promise.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { seedsToRun } from '../support/seeds.ts';
import { type PlantedFault, readFaults, withPlanted } from './fault.ts';

const seedsTried = 20;
const timeoutMs = 600_000;

type Found = Pick<PlantedFault, 'name' | 'edits'> & { readonly suite: string; readonly seed: number };

/** `file`: of the test, to replay it. */
export async function describePlantedSuites(file: string): Promise<void> {
  const faults = (await readFaults('simulation')).flatMap(({ name, edits, suite, seed }) =>
    suite === undefined || seed === undefined ? [] : { name, edits, suite, seed },
  );
  describe('the seeded suites find', () => {
    for (const fault of faults) test(fault.name, () => mustBeFound(fault, file), timeoutMs);
    test('nothing in the program itself, by the same seeds', () => mustFindNothing(faults), timeoutMs);
  });
}

async function mustBeFound({ name, edits, suite, seed: first }: Found, file: string): Promise<void> {
  const replay = (seed: number) => `COPYSET_SEED=${seed} npx vitest run --project long ${file} -t '${name}'`;
  const seeds = seedsToRun(first, seedsTried);
  await withPlanted(edits, async (directory) => {
    for (const seed of seeds) {
      const failure = await failureOf(join(directory, suite), seed);
      if (failure === undefined) continue;
      expect(failure, 'how it was found').toMatch(/^(Violation|Error|AssertionError|CopysetError): /);
      console.log(`${name}: found by seed ${seed} of ${suite}; replay it with: ${replay(seed)}\n  ${failure}`);
      return;
    }
    throw new Error(`no seed from ${seeds[0]} to ${seeds.at(-1)} of ${suite} finds it`);
  });
}

async function mustFindNothing(faults: readonly Found[]): Promise<void> {
  await withPlanted([], async (directory) => {
    for (const { suite, seed } of faults) {
      expect(await failureOf(join(directory, suite), seed), `seed ${seed} of ${suite}`).toBeUndefined();
    }
  });
}

/** The first line of the error that ended it. */
async function failureOf(program: string, seed: number): Promise<string | undefined> {
  const env = { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined };
  const run = promisify(execFile)(process.execPath, [program, String(seed)], { env, maxBuffer: 64 * 1024 * 1024 });
  return run.then(
    () => undefined,
    ({ stderr = '' }: { stderr?: string }) => /^\w*Error: .*|^Violation: .*/m.exec(stderr)?.[0] ?? `unknown: ${stderr}`,
  );
}
