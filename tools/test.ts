/**
 * Why: `npm test` runs everything that this machine can run, says what it skipped and why, and ends with one line that
 * scripts read: `N passed, N failed, N skipped`. Each check of tools/check.ts counts as one test.
 *
 * `tools/test.ts quick|long [vitest arguments]`; with arguments only those tests run, without the checks. Where
 * COPYSET_LONG_SHARE is set, `quick` runs that share of the long tests as well (see long-share.ts).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './check.ts';
import { packaged, run } from './process.ts';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: readonly string[] };

/** What we read of vitest's JSON report. */
type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

function projectsOf(mode: string): readonly string[] {
  if (mode === 'long') return ['long'];
  return process.env.COPYSET_LONG_SHARE === undefined ? ['unit', 'process'] : ['unit', 'process', 'long'];
}

/** A file that could not be loaded has no tests, yet it failed. */
export function countReport(report: Report, exitCode: number): Counts {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const failedTests = tests.filter((test) => test.status === 'failed').length;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failed = failedTests + brokenFiles;
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: tests.filter((test) => !['passed', 'failed'].includes(test.status)).map((test) => test.fullName),
  };
}

async function runVitest(mode: string, args: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-test-'));
  const output = join(folder, 'report.json');
  try {
    const chosen = projectsOf(mode).flatMap((name) => ['--project', name]);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
    const exitCode = await run(packaged('vitest'), ['run', ...chosen, ...reporters, ...args]);
    return countReport(JSON.parse(await readFile(output, 'utf8')) as Report, exitCode);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [mode = 'quick', ...args] = process.argv.slice(2);
  const checks = mode === 'quick' && args.length === 0 ? await runChecks() : { passed: 0, failed: 0 };
  const tests = await runVitest(mode, args);
  const failed = checks.failed + tests.failed;
  for (const name of tests.skipped) console.log(`skipped: ${name}`);
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed, ${tests.skipped.length} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}
