/** Why: what is there: buckets, then what lies directly below a prefix, or all of it. */
import type { S3Client, S3Listed } from '../../../s3-client/client.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import type { Output } from '../../print/output.ts';
import { printBytes } from '../../print/units.ts';
import { connectS3, endpointOptionNames } from '../../s3/connect-s3.ts';
import { parseRemote, printRemote, type RemoteLocation } from '../../s3/location.ts';

export const ls = defineCommand({
  name: 'ls',
  text: 'list buckets, or the objects below a prefix',
  arguments: [{ name: 'prefix', text: 's3://BUCKET or s3://BUCKET/PREFIX; buckets when left out', optional: true }],
  options: ['recursive', ...endpointOptionNames],
  run: async (call, context) => {
    const { args, options } = call;
    using client = await connectS3(call, context);
    if (args[0] === undefined) await listBuckets(client, context.output);
    else await listObjects(client, parseRemote(args[0]), { recursive: options.recursive, output: context.output });
    return exitCodes.ok;
  },
});

async function listBuckets(client: S3Client, output: Output): Promise<void> {
  for (const bucket of await client.listBuckets())
    output.value(bucket, () => `${timeOf(bucket.createdAtMs)}  ${' '.repeat(9)}  s3://${bucket.name}\n`);
}

type Listing = { readonly recursive: boolean; readonly output: Output };

/** Page by page: a bucket may hold more than memory does. */
async function listObjects(client: S3Client, { bucket, key }: RemoteLocation, { recursive, output }: Listing) {
  const query = { prefix: key, ...(recursive ? {} : { delimiter: '/' }) };
  for await (const { objects, commonPrefixes } of client.list(bucket, query)) {
    for (const prefix of commonPrefixes)
      output.value({ prefix }, () => `${' '.repeat(20)}  ${' '.repeat(9)}  ${printRemote({ bucket, key: prefix })}\n`);
    for (const object of objects) output.value(object, () => describe(bucket, object));
  }
}

function describe(bucket: string, { key, bytes, modifiedAtMs }: S3Listed): string {
  return `${timeOf(modifiedAtMs)}  ${printBytes(bytes).padStart(9)}  ${printRemote({ bucket, key })}\n`;
}

/** `2026-11-28T16:40:01Z`. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
