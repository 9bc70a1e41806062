/** Why: a server that takes connections may not be ready for work yet; when its bucket is made, it is. */
import { setTimeout as wait } from 'node:timers/promises';
import { S3Client } from '../../test/support/client.ts';
import { bucket, type HttpEndpoint } from '../load/endpoint.ts';

const readyWithinMs = 20_000;
const pollMs = 100;

export async function makeBucket(endpoint: HttpEndpoint): Promise<void> {
  using client = new S3Client({ ...endpoint, endpoint: `http://${endpoint.host}:${endpoint.port}` });
  for (const startedMs = performance.now(); ; await wait(pollMs)) {
    try {
      return await client.createBucket(bucket);
    } catch (error) {
      if (performance.now() > startedMs + readyWithinMs) throw error;
    }
  }
}
