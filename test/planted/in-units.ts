/** Why: the tests of the rooms must find each planted fault by themselves, and by a test that fails, not by a crash. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type PlantedFault, readFaults, withPlanted } from './fault.ts';

const timeoutMs = 600_000;
const reportName = 'report.json';

/** `names`: those of the list; all when left out. */
export async function describePlantedUnits(
  list: 'simulation' | 'journal' | 'volume' | 'wire' | 's3',
  { names }: { readonly names?: readonly string[] } = {},
): Promise<void> {
  const tested = (await readFaults(list)).filter(({ expectFoundBy }) => expectFoundBy !== undefined);
  const faults = tested.filter(({ name }) => names?.includes(name) ?? true);
  if (names !== undefined) expect(faults.map(({ name }) => name).toSorted()).toEqual([...names].toSorted());
  describe(`the tests of the ${list} find`, () => {
    for (const fault of faults) test(fault.name, () => mustBeFound(fault), timeoutMs);
    test('nothing in the program itself', () => mustFindNothing(faults), timeoutMs);
  });
}

async function mustBeFound(fault: PlantedFault): Promise<void> {
  const files = filesOf([fault]);
  const { failed } = await withPlanted(fault.edits, (directory) => runTests(directory, files));
  expect(failed, `tests of ${files.join(', ')} that fail`).toBeGreaterThan(0);
}

async function mustFindNothing(faults: readonly PlantedFault[]): Promise<void> {
  const { failed, passed } = await withPlanted([], (directory) => runTests(directory, filesOf(faults)));
  expect(failed).toBe(0);
  expect(passed).toBeGreaterThan(0);
}

function filesOf(faults: readonly PlantedFault[]): string[] {
  return [...new Set(faults.flatMap(({ expectFoundBy }) => expectFoundBy ?? []))];
}

type Counted = { readonly failed: number; readonly passed: number };

async function runTests(directory: string, files: readonly string[]): Promise<Counted> {
  const vitest = join(directory, 'node_modules/vitest/vitest.mjs');
  const report = ['--reporter=json', `--outputFile=${reportName}`];
  const env = { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined };
  const run = promisify(execFile)(process.execPath, [vitest, 'run', ...report, ...files], {
    cwd: directory,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  await run.catch(() => undefined); // tests that fail are told of by the report; without one, reading it fails
  const counts = JSON.parse(await readFile(join(directory, reportName), 'utf8'));
  return { failed: counts.numFailedTests, passed: counts.numPassedTests };
}
