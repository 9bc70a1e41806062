/** Why: the founding document's objective and trends, tried out on the user's numbers, beside the planner's metrics. */
import { defineCommand } from '../../command.ts';
import { writeInto } from '../../plan/file.ts';
import { inputsAndDesign } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planDoc = defineCommand({
  name: 'plan doc',
  text: "show the founding document's objective and trends beside the metrics, and sweeps of its variables",
  arguments: [],
  options: ['inputs', 'config', 'sweep', 'out', 'json'],
  run: async ({ options }, context) => {
    const { inputs, design } = await inputsAndDesign(options);
    const { documentCommand } = await import('../../../plan/commands/document-command.ts');
    const answer = documentCommand(design, inputs, options.sweep);
    if (options.out !== undefined) await writeInto(options.out, answer.files, context.terminal);
    return printAnswer(answer, context);
  },
});
