/** Why: an object goes into a pipe, piece by piece; a connection that breaks is taken up where it ended. */
import { CopysetError } from '../../../base/errors.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import { connectS3, endpointOptionNames } from '../../s3/connect-s3.ts';
import { parseRemote } from '../../s3/location.ts';

const pieceBytes = 8 * 2 ** 20;

export const cat = defineCommand({
  name: 'cat',
  text: 'write the bytes of an object to the output',
  arguments: [{ name: 'object', text: 's3://BUCKET/KEY' }],
  options: endpointOptionNames,
  run: async (call, context) => {
    const source = parseRemote(call.args[0] ?? '');
    if (source.key === '') throw new CopysetError('request.invalid', 'give the key of an object: s3://BUCKET/KEY');
    using client = await connectS3(call, context);
    const { bytes, etag } = await client.head(source);
    for (let from = 0; from < bytes; from += pieceBytes) {
      const range = { from, to: Math.min(bytes, from + pieceBytes) };
      await context.terminal.outBytes(await client.getBytes(source, { range, ifMatch: etag, maxBytes: pieceBytes }));
    }
    return exitCodes.ok;
  },
});
