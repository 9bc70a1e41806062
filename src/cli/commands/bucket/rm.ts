/** Why: a bucket goes when it is empty, never with what it holds. */
import { defineCommand, exitCodes } from '../../command.ts';
import { bucketColumns } from './ls.ts';

export const bucketRm = defineCommand({
  name: 'bucket rm',
  text: 'delete an empty bucket',
  arguments: [{ name: 'bucket', text: 'its name' }],
  options: ['dir', 'json'],
  run: async ({ args: [bucket = ''], options }, { connect, output }) => {
    output.rows([await connect(options.dir).removeBucket({ bucket })], bucketColumns);
    return exitCodes.ok;
  },
});
