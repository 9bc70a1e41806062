/** Why: the short run and the long one differ in how many sequences they have, and in nothing else. */
import fc from 'fast-check';
import { type Op, sequences } from './operations.ts';
import { describe, type Outcomes, runSequence } from './run-sequence.ts';

/** `COPYSET_SEED` and `COPYSET_PATH`, as a failure printed them: only that sequence. */
function replayed(): { readonly seed: number; readonly path?: string } {
  const { COPYSET_SEED: seed = '1', COPYSET_PATH: path } = process.env;
  return { seed: Number(seed), ...(path === undefined ? {} : { path }) };
}

/** Resolves with how often what was answered; throws with the shortest sequence found that fails. */
export async function checkSequences(count: number, file: string): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  const property = fc.asyncProperty(sequences, (sequence) => runSequence(sequence, outcomes));
  const result = await fc.check(property, { numRuns: count, ...replayed() });
  if (result.failed) throw new Error(report(result, file));
  return outcomes;
}

export function report(result: fc.RunDetails<[readonly Op[]]>, file: string): string {
  const { seed, counterexample, counterexamplePath, errorInstance, numRuns, numShrinks } = result;
  const sequence = counterexample?.[0] ?? [];
  return [
    `sequence ${numRuns} differs from the model; shrunk ${numShrinks} times to:`,
    ...sequence.map((op, at) => `  ${at + 1}. ${describe(op)}`),
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `replay it with: COPYSET_SEED=${seed} COPYSET_PATH=${counterexamplePath} npx vitest run ${file}`,
  ].join('\n');
}

export function tell(count: number, outcomes: Outcomes): void {
  const all = [...outcomes].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [outcome, times] of all) console.log(`${String(times).padStart(8)}  ${outcome}`);
  const answers = all.reduce((sum, [, times]) => sum + times, 0);
  console.log(`${count} sequences, ${answers} answers, all as the model has them`);
}
