/** Why: to see on which volumes an object lies. */
import { defineCommand, exitCodes } from '../../command.ts';
import { objectArgument, parseObjectPath } from '../../object-path.ts';
import { printBlockCopies } from '../../print/block-copies.ts';

export const objectLocations = defineCommand({
  name: 'object locations',
  text: 'show every block of an object and the volumes that hold it',
  arguments: [objectArgument],
  options: ['dir', 'json'],
  run: async ({ args: [object = ''], options }, context) => {
    await printBlockCopies(context.connect(options.dir).objectLocations(parseObjectPath(object)), context);
    return exitCodes.ok;
  },
});
