/** Why: the best design within the limits, what it was chosen over, and how sure that is. */
import type { PlannerInputs } from '../../../plan/model/inputs.ts';
import { defineCommand } from '../../command.ts';
import { writeInto, writeText } from '../../plan/file.ts';
import { inputsOf } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';
import { progressBar } from '../../print/progress-bar.ts';
import type { Terminal } from '../../terminal.ts';

export const planSearch = defineCommand({
  name: 'plan search',
  text: 'find the best design within the limits; where there is none, the one that comes nearest',
  arguments: [],
  options: ['inputs', 'require', 'minimise', 'robust', 'seed', 'designs', 'front', 'out', 'json'],
  run: async ({ options }, context) => {
    const { robust: draws, seed, designs, front, out } = options;
    const { terminal } = context;
    const inputs = await inputsOf(options);
    const { refuseUnmeasuredSites } = await import('../../../plan/search/refusal.ts');
    refuseUnmeasuredSites(inputs);
    const found = await searchVisibly(inputs, designs, terminal);
    const { frontFile, searchCommand } = await import('../../../plan/commands/search-command.ts');
    const answer = searchCommand(inputs, found, draws === undefined ? {} : { robust: { draws, seed } });
    if (front !== undefined) await writeText(front, frontFile(found.front).text, terminal);
    if (out !== undefined) await writeInto(out, answer.files, terminal);
    return printAnswer(answer, context);
  },
});

async function searchVisibly(inputs: PlannerInputs, designs: number, terminal: Terminal) {
  const { searchInThreads } = await import('../../plan/search-threads.ts');
  using bar = progressBar(terminal, 'designs');
  return await searchInThreads(inputs, designs, ({ done, total }) => bar.show(done, total));
}
