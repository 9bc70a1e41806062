/**
 * Why: an endpoint that is not ours, and that obeys conditions: moto, an S3 in Python. It needs `pip install
 * moto[server]`; where that is missing, the test says so and is skipped.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import type { StoreId } from '../../base/ids.ts';
import { seededRandom, systemRandom } from '../../base/random.ts';
import type { S3Client } from '../../s3-client/client.ts';
import { openS3Client } from '../../s3-client/open-s3-client.ts';
import { volumeConformance } from '../volume.conformance.ts';
import { createS3Volume } from './create-s3-volume.ts';
import { openS3Volume } from './open-s3-volume.ts';
import { placeVolume } from './place.ts';

const isThere = spawnSync('python3', ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;
const title = isThere ? 'moto, an endpoint of another make,' : 'moto, skipped: python3 -c "import moto.server" fails:';
const storeId = '00000000000000aa' as StoreId;

let server: ChildProcess;
let endpoint: string;

beforeAll(async () => {
  if (!isThere) return;
  server = spawn('python3', ['-m', 'moto.server', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: server.stderr as NodeJS.ReadableStream })) {
    endpoint = /Running on (http:\S+)/.exec(line)?.[1] ?? '';
    if (endpoint !== '') break;
  }
  server.stderr?.resume();
  const client = newClient();
  await client.createBucket('bucket');
  client.close();
});
afterAll(async () => {
  if (!isThere) return;
  server.kill();
  await once(server, 'exit');
});

function newClient(): S3Client {
  const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
  return openS3Client({ endpoint, credentials, clock: systemClock, random: seededRandom(1) });
}

let volumes = 0;

describe.skipIf(!isThere)(title, () => {
  volumeConformance('the S3 volume over moto', async () => {
    volumes += 1;
    const place = placeVolume(newClient(), 'bucket', `volumes/${volumes}`);
    await createS3Volume({ place, storeId, clock: systemClock, random: systemRandom });
    const options = { place, storeId, capacityBytes: 2 ** 40, clock: systemClock, random: systemRandom };
    const volume = await openS3Volume(options);
    const { conditionalPut, timeStepMs } = volume.target;
    expect([conditionalPut, timeStepMs]).toEqual([true, 1000]);
    return {
      volume,
      timeStepMs,
      setCapacity: (bytes: number) => volume.setCapacity(bytes),
      dispose: () => volume.close(),
    };
  });

  test('is spoken to by all verbs', async () => {
    const client = newClient();
    const at = (key: string) => ({ bucket: 'verbs', key });
    const read = (key: string) => client.getBytes(at(key), { maxBytes: 2 ** 24 });
    await client.createBucket('verbs');
    const body = seededRandom(1).bytes(5 * 2 ** 20);
    const stream = {
      bytes: body.byteLength,
      open: async function* () {
        yield body;
      },
    };
    await client.put(at('a b/ä+&=%'), body, { headers: { contentType: 'text/plain', metadata: { a: 'b' } } });
    await client.put(at('stream'), stream);
    expect(equalBytes(await read('a b/ä+&=%'), body)).toBe(true);
    expect(equalBytes(await read('stream'), body)).toBe(true);
    expect((await client.head(at('a b/ä+&=%'))).headers).toEqual({ contentType: 'text/plain', metadata: { a: 'b' } });
    await client.copy(at('a b/ä+&=%'), at('copy'));
    const upload = { ...at('parts'), uploadId: await client.createUpload(at('parts')) };
    const parts = [
      { number: 1, etag: await client.uploadPart(upload, 1, body) },
      { number: 2, etag: await client.copyPart(upload, 2, { ...at('copy'), range: { from: 0, to: 100 } }) },
    ];
    expect((await Array.fromAsync(client.listParts(upload))).flat().map(({ number }) => number)).toEqual([1, 2]);
    expect((await Array.fromAsync(client.listUploads('verbs'))).flat()).toMatchObject([{ key: 'parts' }]);
    await client.completeUpload(upload, parts);
    expect(equalBytes(await read('parts'), concatBytes(body, body.subarray(0, 100)))).toBe(true);
    await expect(client.put(at('copy'), utf8('x'), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    const pages = await Array.fromAsync(client.list('verbs', { pageKeys: 3 }));
    const keys = pages.flatMap(({ objects }) => objects.map(({ key }) => key));
    expect(keys).toEqual(['a b/ä+&=%', 'copy', 'parts', 'stream']);
    await expect(client.deleteBucket('verbs')).rejects.toMatchObject({ code: 'not_empty' });
    expect(await client.deleteObjects('verbs', keys)).toEqual([]);
    await client.deleteBucket('verbs');
    await expect(client.get(at('copy'))).rejects.toMatchObject({ code: 'not_found', details: { what: 'bucket' } });
    client.close();
  });
});
