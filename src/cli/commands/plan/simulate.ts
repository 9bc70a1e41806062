/** Why: a second opinion on a design, by discrete events that know nothing of how the formulas are put together. */
import { defineCommand } from '../../command.ts';
import { inputsAndDesign } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planSimulate = defineCommand({
  name: 'plan simulate',
  text: 'simulate a design, and show it beside what the formulas say',
  arguments: [],
  options: ['inputs', 'config', 'horizonMs', 'requests', 'seed', 'json'],
  run: async ({ options }, context) => {
    const { inputs, design } = await inputsAndDesign(options);
    const { simulateCommand } = await import('../../../plan/commands/check-commands.ts');
    const { horizonMs, requests, seed } = options;
    const limits = { horizonSec: horizonMs / 1000, maxRequests: requests, seed };
    return printAnswer(simulateCommand(design, inputs, limits), context);
  },
});
