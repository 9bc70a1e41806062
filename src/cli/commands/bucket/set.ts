/** Why: what a write waits for, and how large its blocks are, may change in the life of a bucket. */
import { CopysetError } from '../../../base/errors.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import { bucketColumns } from './ls.ts';
import { settingsOf } from './settings.ts';

export const bucketSet = defineCommand({
  name: 'bucket set',
  text: 'change the write quorum or the block size of a bucket, for what is written from now on',
  arguments: [{ name: 'bucket', text: 'its name' }],
  options: ['writeQuorum', 'blockBytes', 'dir', 'json'],
  run: async (call, { connect, output }) => {
    const settings = settingsOf(call);
    if (Object.keys(settings).length === 0)
      throw new CopysetError('request.invalid', 'give --write-quorum, --block-bytes, or both');
    output.rows(
      [await connect(call.options.dir).setBucket({ bucket: call.args[0] ?? '', ...settings })],
      bucketColumns,
    );
    return exitCodes.ok;
  },
});
