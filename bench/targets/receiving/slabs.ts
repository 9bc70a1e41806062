/** Why: the S3 door as it ships, with all that comes before a store, and a store that drops every body. */
import { rootCredentials } from '../../../src/access/credentials.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { Body, ObjectStore } from '../../../src/object/store.ts';
import { startS3 } from '../../../src/s3/server.ts';
import type { HttpEndpoint } from '../../load/endpoint.ts';

export async function startSlabs({ host, port, ...key }: HttpEndpoint): Promise<void> {
  await startS3({
    store: droppingStore(),
    credentials: rootCredentials(key),
    clock: systemClock,
    random: systemRandom,
    log: () => undefined,
    listen: { host, port },
    front: 'fast',
  });
}

/** A store of which only `put` is asked. */
function droppingStore(): ObjectStore {
  const put: ObjectStore['put'] = async (_bucket, key, { body, headers }) => {
    const about = { etag: 'dropped', partBytes: [], checksum: undefined, tags: {}, versionId: undefined };
    return { key, bytes: await drop(body), modifiedAtMs: systemClock.wallMs(), headers, ...about };
  };
  return { put } as ObjectStore;
}

async function drop(body: Body): Promise<number> {
  let bytes = 0;
  for await (const slab of body.slabs) {
    bytes += slab.bytes.byteLength;
    slab.release();
  }
  await body.seal();
  return bytes;
}
