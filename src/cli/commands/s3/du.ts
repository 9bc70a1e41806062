/** Why: what a bucket takes is what its objects hold, and what uploads hold that nobody completed. */
import type { S3Client } from '../../../s3-client/client.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import type { Column } from '../../print/table.ts';
import { printBytes, printCount } from '../../print/units.ts';
import { connectS3, endpointOptionNames } from '../../s3/connect-s3.ts';
import { parseRemote, prefixBelow, printRemote } from '../../s3/location.ts';

type Usage = {
  readonly where: string;
  readonly objects: number;
  readonly bytes: number;
  readonly uploads: number;
  readonly uploadBytes: number;
};

const columns: readonly Column<Usage>[] = [
  { head: 'OBJECTS', cell: ({ objects }) => printCount(objects), right: true },
  { head: 'BYTES', cell: ({ bytes }) => printBytes(bytes), right: true },
  { head: 'OPEN UPLOADS', cell: ({ uploads }) => printCount(uploads), right: true },
  { head: 'BYTES', cell: ({ uploadBytes }) => printBytes(uploadBytes), right: true },
  { head: 'WHERE', cell: ({ where }) => where },
];

export const du = defineCommand({
  name: 'du',
  text: 'sum up the bytes of objects and of open uploads',
  arguments: [{ name: 'prefix', text: 's3://BUCKET or s3://BUCKET/PREFIX; all buckets when left out', optional: true }],
  options: endpointOptionNames,
  run: async (call, context) => {
    using client = await connectS3(call, context);
    const named = call.args[0] === undefined ? undefined : parseRemote(call.args[0]);
    const places = named
      ? [{ bucket: named.bucket, key: prefixBelow(named.key) }]
      : (await client.listBuckets()).map(({ name }) => ({ bucket: name, key: '' }));
    const usages: Usage[] = [];
    for (const place of places) usages.push(await usageOf(client, place));
    context.output.rows(usages, columns);
    return exitCodes.ok;
  },
});

type Place = { readonly bucket: string; readonly key: string };

async function usageOf(client: S3Client, place: Place): Promise<Usage> {
  let [objects, bytes] = [0, 0];
  for await (const page of client.list(place.bucket, { prefix: place.key })) {
    objects += page.objects.length;
    for (const object of page.objects) bytes += object.bytes;
  }
  return { where: printRemote(place), objects, bytes, ...(await uploadsOf(client, place)) };
}

async function uploadsOf(client: S3Client, { bucket, key: prefix }: Place) {
  let [uploads, uploadBytes] = [0, 0];
  for await (const page of client.listUploads(bucket, { prefix })) {
    for (const { key, uploadId } of page) {
      uploads += 1;
      for await (const parts of client.listParts({ bucket, key, uploadId }))
        for (const part of parts) uploadBytes += part.bytes;
    }
  }
  return { uploads, uploadBytes };
}
