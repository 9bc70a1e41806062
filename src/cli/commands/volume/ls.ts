/** Why: which volumes there are, and how each is. */
import { defineCommand, exitCodes } from '../../command.ts';
import { volumeColumns } from '../status.ts';

export const volumeLs = defineCommand({
  name: 'volume ls',
  text: 'list the volumes',
  arguments: [],
  options: ['dir', 'json'],
  run: async ({ options }, { connect, output }) => {
    const { volumes } = await connect(options.dir).status({});
    output.rows(volumes, volumeColumns);
    return exitCodes.ok;
  },
});
