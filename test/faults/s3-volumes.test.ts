import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addressKey, type BlockAddress } from '../../src/base/block-address.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { StoreId } from '../../src/base/ids.ts';
import { seededRandom, systemRandom } from '../../src/base/random.ts';
import { countDebts } from '../../src/catalog/debts.ts';
import { payDebts } from '../../src/replica/pay-debts.ts';
import { scrubVolume } from '../../src/replica/scrub.ts';
import type { S3Client } from '../../src/s3-client/client.ts';
import { openS3Client } from '../../src/s3-client/open-s3-client.ts';
import { readWholeBlock } from '../../src/volume/read-block.ts';
import { createS3Volume } from '../../src/volume/s3/create-s3-volume.ts';
import { openS3Volume } from '../../src/volume/s3/open-s3-volume.ts';
import { placeVolume } from '../../src/volume/s3/place.ts';
import type { Volume } from '../../src/volume/volume.ts';
import { bodyOf, readAll } from '../support/bodies.ts';
import { type MemorySite, startMemorySite } from '../support/memory-site.ts';
import { startTestDoor, type TestDoor, testKey } from '../support/s3-door.ts';
import { noHeaders } from '../support/site-blocks.ts';
import { UnrulyProxy } from '../support/unruly-proxy.ts';

/** A site whose volumes all lie at another Copyset, each under a prefix of its own, behind one proxy. */
const storeId = '00000000000000aa' as StoreId;
const noRest = async () => undefined;
const content = seededRandom(9).bytes(100_000);

let door: TestDoor;
let proxy: UnrulyProxy;
let client: S3Client;
let site: MemorySite;
let volumes: Volume[];
let sites = 0;

function newClient(endpoint: string): S3Client {
  const limits = { firstPauseMs: 1, longestPauseMs: 20, stallTimeoutMs: 300, maxAttempts: 3 };
  return openS3Client({ endpoint, credentials: testKey, clock: systemClock, random: seededRandom(1), limits });
}

beforeAll(async () => {
  door = await startTestDoor();
  proxy = await UnrulyProxy.start(door.server.address.port);
  client = newClient(`http://127.0.0.1:${door.server.address.port}`);
});
afterAll(async () => {
  client.close();
  proxy.close();
  await door.server.abort();
});

beforeEach(async () => {
  sites += 1;
  volumes = [];
  site = await startMemorySite({
    volumes: 4,
    async openVolume(volumeId, index) {
      const place = placeVolume(newClient(proxy.endpoint), 'bucket', `site-${sites}/volume-${index}`);
      const surroundings = { clock: systemClock, random: systemRandom };
      await createS3Volume({ place, storeId, volumeId, ...surroundings });
      const volume = await openS3Volume({ place, storeId, volumeId, capacityBytes: 2 ** 40, ...surroundings });
      volumes.push(volume);
      return volume;
    },
  });
  await site.store.createBucket('models');
});
afterEach(async () => {
  proxy.decide = () => undefined;
  await Promise.all(volumes.map((volume) => volume.close()));
});

async function put(key: string, bytes = content): Promise<void> {
  await site.store.put('models', key, { body: bodyOf(bytes), headers: noHeaders });
}

async function read(key: string): Promise<Buffer> {
  return readAll(await site.store.get('models', key));
}

/** The keys of the objects in which all copies of a volume's blocks lie, at the endpoint. */
async function objectsOf(index: number): Promise<string[]> {
  const prefix = `site-${sites}/volume-${index}/blocks/`;
  const pages = await Array.fromAsync(client.list('bucket', { prefix }));
  return pages.flatMap(({ objects }) => objects.map(({ key }) => key));
}

async function scrubAndPay(): Promise<number> {
  const reports = await Promise.all(volumes.map((volume) => scrubVolume(site.repair, volume, noRest)));
  await payDebts(site.repair, noRest);
  return reports.flatMap(({ findings }) => findings).length;
}

/** How many good copies each block has. */
async function copiesOfEach(): Promise<number[]> {
  const good = new Map<string, number>();
  const count = async (volume: Volume, address: BlockAddress) => {
    await readWholeBlock(volume, address);
    good.set(addressKey(address), (good.get(addressKey(address)) ?? 0) + 1);
  };
  for (const volume of volumes) {
    for (const { address } of await volume.list({ limit: 1000 })) await count(volume, address);
  }
  return [...good.values()];
}

test('damaged copies are never shown, found by a scrub and made anew', async () => {
  await put('weights');
  const blocks = (await copiesOfEach()).length;
  expect(await copiesOfEach()).toEqual(Array(blocks).fill(3));
  const harmed = await objectsOf(0);
  expect(harmed).not.toEqual([]);
  for (const key of harmed) await client.put({ bucket: 'bucket', key }, seededRandom(4).bytes(500));
  expect((await read('weights')).equals(content)).toBe(true);
  expect(await scrubAndPay()).toBe(harmed.length);
  expect(await copiesOfEach()).toEqual(Array(blocks).fill(3));
  expect(await countDebts(site.kv)).toBe(0);
  expect((await read('weights')).equals(content)).toBe(true);
});

test('an endpoint that hangs for one volume holds nobody up, and what it missed is paid', async () => {
  proxy.decide = ({ target }) => (target.includes(`/site-${sites}/volume-1/`) ? 'hang' : undefined);
  await put('weights');
  expect((await read('weights')).equals(content)).toBe(true);
  expect(await objectsOf(1)).toEqual([]);
  expect(await countDebts(site.kv)).toBeGreaterThan(0);
  proxy.decide = () => undefined;
  await site.settle();
  await payDebts(site.repair, noRest);
  const copies = await copiesOfEach();
  expect(copies).toEqual(copies.map(() => 3));
  expect(await countDebts(site.kv)).toBe(0);
});

test('an endpoint that takes nothing lets nothing be acknowledged, and loses nothing', async () => {
  await put('before');
  proxy.decide = ({ method }) => (method === 'PUT' ? 'full' : undefined);
  await expect(put('meanwhile', seededRandom(5).bytes(50_000))).rejects.toMatchObject({
    code: expect.stringMatching(/^(write.not_durable|disk.full)$/),
  });
  expect((await read('before')).equals(content)).toBe(true);
  proxy.decide = () => undefined;
  await expect(site.store.head('models', 'meanwhile')).rejects.toMatchObject({ code: 'not_found' });
  await put('after');
  expect((await read('after')).equals(content)).toBe(true);
});
