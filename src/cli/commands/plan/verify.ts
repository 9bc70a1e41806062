/** Why: nobody has to believe the planner's formulas: an independent program's numbers are held against them. */
import { fileURLToPath } from 'node:url';
import { defineCommand, exitCodes } from '../../command.ts';
import { readData } from '../../plan/file.ts';

const ownVectors = fileURLToPath(new URL('../../../plan/vectors.json', import.meta.url));

export const planVerify = defineCommand({
  name: 'plan verify',
  text: 'hold the formulas against test vectors: a line for each that fails, and a total',
  arguments: [],
  options: ['vectors', 'json'],
  run: async ({ options }, { output }) => {
    const { verifyVectors } = await import('../../../plan/verify.ts');
    const { passed, failed } = verifyVectors(await readData(options.vectors ?? ownVectors));
    for (const each of failed) output.value(each, () => `${each.id} (${each.fn}): ${each.reason}\n`);
    output.value({ passed, failed: failed.length }, () => `${passed} passed, ${failed.length} failed\n`);
    return failed.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
});
