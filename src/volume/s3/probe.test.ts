import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutConditions } from '../../../test/support/heedless-s3.ts';
import { startTestDoor, type TestDoor, testKey } from '../../../test/support/s3-door.ts';
import { UnrulyProxy } from '../../../test/support/unruly-proxy.ts';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { StoreId } from '../../base/ids.ts';
import { seededRandom, systemRandom } from '../../base/random.ts';
import type { S3Client } from '../../s3-client/client.ts';
import { openS3Client } from '../../s3-client/open-s3-client.ts';
import { createS3Volume } from './create-s3-volume.ts';
import { placeVolume } from './place.ts';
import { probeTarget } from './probe.ts';

let door: TestDoor;
let proxy: UnrulyProxy;
let client: S3Client;

beforeAll(async () => {
  door = await startTestDoor();
  proxy = await UnrulyProxy.start(door.server.address.port);
  client = openS3Client({
    endpoint: proxy.endpoint,
    credentials: testKey,
    clock: systemClock,
    random: seededRandom(1),
    limits: { firstPauseMs: 1, maxAttempts: 3 },
  });
});
afterAll(async () => {
  client.close();
  proxy.close();
  await door.server.abort();
});

function probe(lacking: Partial<S3Client> = {}) {
  return probeTarget(placeVolume({ ...client, ...lacking }, 'bucket', 'probed'), systemRandom);
}

async function keysThere(): Promise<string[]> {
  const pages = await Array.fromAsync(client.list('bucket'));
  return pages.flatMap(({ objects }) => objects.map(({ key }) => key));
}

test('tells what Copyset can, also when it is throttled meanwhile', async () => {
  proxy.next(2, 'throttle');
  expect(await probe()).toMatchObject({ conditionalPut: true });
  expect(await keysThere()).toEqual([]);
});

test('tells conditions that are ignored from such that are obeyed', async () => {
  expect(await probe(withoutConditions(client))).toMatchObject({ conditionalPut: false });
  const half: S3Client['put'] = (path, body, options) => client.put(path, body, options?.ifNoneMatch && options);
  expect(await probe({ put: half })).toMatchObject({ conditionalPut: false });
});

/** Each does what an endpoint was seen to do, or could. */
test.each<[string, () => Partial<S3Client>]>([
  ['reading', () => ({ getBytes: async () => new Uint8Array(10) })],
  ['reading', () => ({ head: async (path) => ({ ...(await client.head(path)), bytes: 0 }) })],
  ['reading ranges', () => ({ getBytes: (path, { maxBytes }) => client.getBytes(path, { maxBytes }) })],
  ['listing in order', () => ({ list: (bucket, query) => client.list(bucket, { ...query, delimiter: '/' }) })],
  ['listing in order', () => ({ list: (bucket, query) => client.list(bucket, { ...query, after: '' }) })],
  [
    'listing in order',
    () => ({
      async *list(bucket, query) {
        for await (const page of client.list(bucket, query)) yield { ...page, objects: page.objects.toReversed() };
      },
    }),
  ],
])('an endpoint that fails at %s is none for a volume, and is left clean', async (what, lacking) => {
  const failure = await probe(lacking()).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining(`s3://bucket/probed/ cannot hold a volume: ${what} failed`),
  });
  expect(await keysThere()).toEqual([]);
});

test('an endpoint that deletes nothing is none for a volume', async () => {
  await expect(probe({ delete: async () => undefined })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('deleting failed'),
  });
  await client.deleteObjects('bucket', await keysThere());
});

test('a key that may not write is told so', async () => {
  const put = async () => Promise.reject(new CopysetError('access.denied', 'PUT was answered 403 (AccessDenied)'));
  const denied = probe({ put });
  await expect(denied).rejects.toMatchObject({ code: 'access.denied' });
  await expect(denied).rejects.toThrow('cannot hold a volume: writing failed: PUT was answered 403');
});

test('an endpoint that is throttled all the time is busy, which the one who makes a volume hears', async () => {
  proxy.decide = ({ method }) => (method === 'PUT' ? 'throttle' : undefined);
  const place = placeVolume(client, 'bucket', 'throttled');
  const making = createS3Volume({
    place,
    storeId: '00000000000000aa' as StoreId,
    clock: systemClock,
    random: systemRandom,
  });
  await expect(making).rejects.toMatchObject({ code: 'busy' });
  proxy.decide = () => undefined;
  expect(await keysThere()).toEqual([]);
});
