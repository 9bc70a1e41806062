/** Why: how precious, how fast and how large objects are differs from bucket to bucket. */
import { defineCommand, exitCodes } from '../../command.ts';
import { bucketColumns } from './ls.ts';
import { settingsOf } from './settings.ts';

export const bucketCreate = defineCommand({
  name: 'bucket create',
  text: 'make a bucket',
  arguments: [{ name: 'bucket', text: 'its name' }],
  options: ['copies', 'writeQuorum', 'blockBytes', 'dir', 'json'],
  run: async (call, { connect, output }) => {
    const { dir, copies } = call.options;
    const input = { bucket: call.args[0] ?? '', ...(copies && { copies }), ...settingsOf(call) };
    output.rows([await connect(dir).createBucket(input)], bucketColumns);
    return exitCodes.ok;
  },
});
