/** Why: a number is trusted by its formula, its source and what moves it. */
import { defineCommand } from '../../command.ts';
import { designOf, inputsOf } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planExplain = defineCommand({
  name: 'plan explain',
  text: 'show the formulas behind the numbers of a design, their sources and what moves them',
  arguments: [{ name: 'design', text: 'the id that a search gave it, or its file' }],
  options: ['inputs', 'json'],
  run: async ({ args: [name = ''], options }, context) => {
    const inputs = await inputsOf(options);
    const design = await designOf(name, inputs);
    const { explainCommand } = await import('../../../plan/commands/evaluate-command.ts');
    return printAnswer(explainCommand(design, inputs), context);
  },
});
