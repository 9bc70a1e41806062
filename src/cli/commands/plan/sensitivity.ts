/** Why: to know which input is worth measuring, or improving, first. */
import { defineCommand } from '../../command.ts';
import { inputsAndDesign } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planSensitivity = defineCommand({
  name: 'plan sensitivity',
  text: 'show by how much each metric of a design moves with each input',
  arguments: [],
  options: ['inputs', 'config', 'json'],
  run: async ({ options }, context) => {
    const { inputs, design } = await inputsAndDesign(options);
    const { sensitivityCommand } = await import('../../../plan/commands/evaluate-command.ts');
    return printAnswer(sensitivityCommand(design, inputs), context);
  },
});
