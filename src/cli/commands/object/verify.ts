/** Why: to know, not to believe, that every copy of an object is good. */
import { defineCommand, exitCodes } from '../../command.ts';
import { objectArgument, parseObjectPath } from '../../object-path.ts';
import { printBlockCopies } from '../../print/block-copies.ts';

export const objectVerify = defineCommand({
  name: 'object verify',
  text: 'read and verify every copy of an object',
  arguments: [objectArgument],
  options: ['dir', 'json'],
  run: async ({ args: [object = ''], options }, context) => {
    const { bucket, key } = parseObjectPath(object);
    const states = await printBlockCopies(context.connect(options.dir).verifyObject({ bucket, key }), context);
    const summary = [...states].map(([state, count]) => `${count} ${state}`).join(', ');
    context.terminal.err(`copies: ${summary || 'none, the object holds no bytes'}\n`);
    return [...states.keys()].every((state) => state === 'good') ? exitCodes.ok : exitCodes.notMet;
  },
});
