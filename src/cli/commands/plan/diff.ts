/** Why: a design is taken up only when it is known what that moves, how long it takes, and by which commands. */
import { defineCommand } from '../../command.ts';
import { designOf, inputsOf, required } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planDiff = defineCommand({
  name: 'plan diff',
  text: 'show what a change of design moves and costs, and the commands that make it',
  arguments: [],
  options: ['inputs', 'from', 'to', 'json'],
  run: async ({ options }, context) => {
    const inputs = await inputsOf(options);
    const current = await designOf(required(options.from, 'from'), inputs);
    const wanted = await designOf(required(options.to, 'to'), inputs);
    const { diffCommand } = await import('../../../plan/commands/search-command.ts');
    return printAnswer(diffCommand(current, wanted, inputs), context);
  },
});
