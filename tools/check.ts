/** Why: everything that can be said about the code without running it, as one command: `npm run check`. */
import { styleText } from 'node:util';
import { packaged, run } from './process.ts';

type Check = { readonly name: string; readonly command: string; readonly args: readonly string[] };

const checks: readonly Check[] = [
  { name: 'types', command: packaged('tsc'), args: ['-p', '.'] },
  { name: 'format and lint', command: packaged('biome'), args: ['check', '--error-on-warnings'] },
  { name: 'lint with types', command: packaged('oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { name: 'tidy', command: process.execPath, args: ['tools/tidy/main.ts'] },
  { name: 'nothing unused', command: packaged('knip'), args: ['--no-progress', '--no-config-hints'] },
];

export type CheckCounts = { readonly passed: number; readonly failed: number };

/** Runs them all, also after one failed. */
export async function runChecks(): Promise<CheckCounts> {
  let failed = 0;
  for (const { name, command, args } of checks) {
    const ok = (await run(command, args)) === 0;
    console.log(ok ? styleText('green', `✓ ${name}`) : styleText('red', `✗ ${name}`));
    if (!ok) failed += 1;
  }
  return { passed: checks.length - failed, failed };
}

if (import.meta.main) {
  const { failed } = await runChecks();
  process.exitCode = failed === 0 ? 0 : 1;
}
