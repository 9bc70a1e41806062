/** Why: one object is deleted when it is named; what lies below a prefix only when somebody saw how much it is. */
import { CopysetError } from '../../../base/errors.ts';
import type { S3Client } from '../../../s3-client/client.ts';
import { type CommandContext, defineCommand, type ExitCode, exitCodes } from '../../command.ts';
import { printBytes, printCount } from '../../print/units.ts';
import { connectS3, endpointOptionNames } from '../../s3/connect-s3.ts';
import { parseRemote, prefixBelow, printRemote, type RemoteLocation } from '../../s3/location.ts';

export const rm = defineCommand({
  name: 'rm',
  text: 'delete an object, or with --recursive --yes all below a prefix',
  arguments: [{ name: 'object', text: 's3://BUCKET/KEY' }],
  options: ['recursive', 'yes', ...endpointOptionNames],
  run: async (call, context) => {
    const { args, options } = call;
    const target = parseRemote(args[0] ?? '');
    using client = await connectS3(call, context);
    if (!options.recursive) return await removeOne(client, target, context);
    const below = { bucket: target.bucket, key: prefixBelow(target.key) };
    return options.yes ? await removeAll(client, below, context) : await showPlan(client, below, context);
  },
});

async function removeOne(client: S3Client, target: RemoteLocation, { output }: CommandContext): Promise<ExitCode> {
  if (target.key === '')
    throw new CopysetError('request.invalid', `${printRemote(target)} names no object; give its key, or --recursive`);
  await client.head(target);
  await client.delete(target);
  output.value({ deleted: printRemote(target) }, () => `deleted ${printRemote(target)}\n`);
  return exitCodes.ok;
}

type Below = { readonly bucket: string; readonly key: string };

/** Nothing is done, and scripts can tell. */
async function showPlan(client: S3Client, below: Below, { output }: CommandContext): Promise<ExitCode> {
  let [objects, bytes] = [0, 0];
  for await (const page of client.list(below.bucket, { prefix: below.key })) {
    objects += page.objects.length;
    for (const object of page.objects) bytes += object.bytes;
  }
  const words = `${printCount(objects)} objects, ${printBytes(bytes)}, below ${printRemote(below)} would be deleted`;
  output.value({ wouldDelete: objects, bytes, below: printRemote(below) }, () => `${words}; --yes does it\n`);
  return exitCodes.notMet;
}

async function removeAll(client: S3Client, below: Below, { output, terminal }: CommandContext): Promise<ExitCode> {
  let [deleted, failed] = [0, 0];
  for await (const { objects } of client.list(below.bucket, { prefix: below.key })) {
    if (objects.length === 0) continue;
    const keys = objects.map(({ key }) => key);
    const left = await client.deleteObjects(below.bucket, keys);
    for (const { key, error } of left) terminal.err(`${printRemote({ ...below, key })}: ${error.message}\n`);
    deleted += keys.length - left.length;
    failed += left.length;
  }
  const words = `deleted ${printCount(deleted)} objects below ${printRemote(below)}`;
  output.value({ deleted, failed, below: printRemote(below) }, () => `${words}\n`);
  return failed === 0 ? exitCodes.ok : exitCodes.notMet;
}
