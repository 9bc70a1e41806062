/** Why: what one design promises and costs, where each number is from, and whether it keeps the limits. */
import { defineCommand } from '../../command.ts';
import { inputsAndDesign } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planEvaluate = defineCommand({
  name: 'plan evaluate',
  text: 'compute what a design promises and costs; not met where it breaks a limit',
  arguments: [],
  options: ['inputs', 'config', 'require', 'json'],
  run: async ({ options }, context) => {
    const { inputs, design } = await inputsAndDesign(options);
    const { evaluateCommand } = await import('../../../plan/commands/evaluate-command.ts');
    return printAnswer(evaluateCommand(design, inputs), context);
  },
});
