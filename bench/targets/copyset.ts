/** Why: the store as a user starts it, with as many volumes as copies, all on one disk. */
import { S3Client } from '../../test/support/client.ts';
import { startDev } from '../../test/support/dev-process.ts';
import { bucket } from '../load/job.ts';
import type { Target } from './target.ts';

export function copyset(copies: number): Target {
  return {
    name: `Copyset, M = ${copies}`,
    durable: copies === 1 ? 'yes' : 'yes, a majority of the copies',
    lists: true,
    start: async (folder) => {
      const dev = await startDev(`${folder}/store`, '--volumes', String(copies), '--replicas', String(copies));
      const { endpoint, accessKeyId, secretAccessKey, pid } = dev.ready;
      using client = new S3Client(dev.ready);
      await client.createBucket(bucket);
      const { hostname, port } = new URL(endpoint);
      return {
        endpoint: { kind: 'http', host: hostname, port: Number(port), accessKeyId, secretAccessKey },
        pid,
        stop: async () => void (await dev.end()),
      };
    },
  };
}
