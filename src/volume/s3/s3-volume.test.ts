import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestDoor, type TestDoor, testKey } from '../../../test/support/s3-door.ts';
import { UnrulyProxy } from '../../../test/support/unruly-proxy.ts';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import { seededRandom, systemRandom } from '../../base/random.ts';
import type { S3Client } from '../../s3-client/client.ts';
import { openS3Client } from '../../s3-client/open-s3-client.ts';
import type { S3ClientOptions } from '../../s3-client/options.ts';
import { withVolumeFaults } from '../faults/faulty-volume.ts';
import type { MemoryVolume } from '../memory/memory-volume.ts';
import { readWholeBlock } from '../read-block.ts';
import { type SealedBlock, sealBlock, storedBytesOf } from '../stored-form.ts';
import { volumeConformance } from '../volume.conformance.ts';
import { createS3Volume } from './create-s3-volume.ts';
import { type OpenS3Volume, openS3Volume } from './open-s3-volume.ts';
import { blockObject, placeVolume, type VolumePlace } from './place.ts';
import type { S3Volume } from './s3-volume.ts';

const storeId = '00000000000000aa' as StoreId;
const capacityBytes = 2 ** 40;
const quick = { firstPauseMs: 1, longestPauseMs: 50, stallTimeoutMs: 500, maxAttempts: 4 };

let door: TestDoor;
let proxy: UnrulyProxy;
let volumes = 0;

beforeAll(async () => {
  door = await startTestDoor();
  proxy = await UnrulyProxy.start(door.server.address.port);
});
afterAll(async () => {
  proxy.close();
  await door.server.abort();
});

function newClient(more: Partial<S3ClientOptions> = {}): S3Client {
  const endpoint = `http://127.0.0.1:${door.server.address.port}`;
  return openS3Client({
    endpoint,
    credentials: testKey,
    clock: systemClock,
    random: seededRandom(1),
    limits: quick,
    ...more,
  });
}

function unruly(more: Partial<S3ClientOptions> = {}): S3Client {
  return newClient({ endpoint: proxy.endpoint, ...more });
}

function placeOf(client: S3Client, folder: string): VolumePlace {
  return placeVolume(client, 'bucket', folder);
}

function open(place: VolumePlace, more: Partial<OpenS3Volume> = {}): Promise<S3Volume> {
  return openS3Volume({ place, storeId, capacityBytes, clock: systemClock, random: systemRandom, ...more });
}

/** A volume under a prefix of its own. */
async function newVolume(client = newClient()): Promise<{ volume: S3Volume; place: VolumePlace }> {
  volumes += 1;
  const place = placeOf(client, `volumes/${volumes}`);
  await createS3Volume({ place, storeId, clock: systemClock, random: systemRandom });
  return { volume: await open(place), place };
}

function blockOf(number: number, bytes = 1000): SealedBlock {
  return sealBlock([seededRandom(number).bytes(bytes)], 3, 'blake3');
}

volumeConformance('the S3 volume over Copyset', async () => {
  const { volume } = await newVolume();
  return { volume, setCapacity: (bytes) => volume.setCapacity(bytes), dispose: () => volume.close() };
});

volumeConformance('the faults wrapper over the S3 volume', async () => {
  const { volume } = await newVolume();
  const faulty = withVolumeFaults(volume, { schedule: new FaultSchedule({ seed: 1 }), clock: systemClock });
  return { volume: faulty, setCapacity: (bytes) => volume.setCapacity(bytes), dispose: () => volume.close() };
});

describe('an S3 volume', () => {
  const block = blockOf(1);
  let volume: S3Volume;
  let place: VolumePlace;

  beforeEach(async () => {
    ({ volume, place } = await newVolume());
    return () => volume.close();
  });

  const objectOf = ({ address }: SealedBlock) => ({ bucket: 'bucket', key: place.prefix + blockObject(address) });

  test('is found again, with what it holds', async () => {
    for (let number = 0; number < 1100; number++) await volume.put(blockOf(number, 10));
    await volume.close();
    const again = await open(placeOf(newClient(), place.prefix), { volumeId: volume.id });
    expect(await again.usage()).toMatchObject({ blocks: 1100, liveBytes: 1100 * storedBytesOf(10) });
    expect(again.identity).toEqual(volume.identity);
    await again.close();
  });

  test('leaves objects of others alone', async () => {
    await place.client.put({ bucket: 'bucket', key: `${place.prefix}blocks/000/readme.txt` }, utf8('hello'));
    await volume.put(block);
    expect((await volume.list({ limit: 10 })).map(({ address }) => address)).toEqual([block.address]);
  });

  test('shows damage for what it is, and heals by a put', async () => {
    await volume.put(block);
    const stored = await volume.read(block.address);
    for (const harm of [stored.subarray(0, 100), stored.toReversed(), new Uint8Array(0)]) {
      await place.client.put(objectOf(block), harm);
      await expect(readWholeBlock(volume, block.address)).rejects.toMatchObject({ code: 'block.damaged' });
    }
    expect(await volume.put(block)).toBe('present');
    expect(await volume.put(block, { replace: true })).toBe('stored');
    expect(await readWholeBlock(volume, block.address)).toEqual(block.payload[0]);
  });

  test('is gone when its identity is, or another one lies there', async () => {
    await volume.put(block);
    const identity = { bucket: 'bucket', key: `${place.prefix}identity.json` };
    const bytes = await place.client.getBytes(identity, { maxBytes: 1000 });
    await place.client.delete(identity);
    const { address } = blockOf(2);
    const calls = [
      () => volume.check(),
      () => volume.read(address),
      () => volume.stat(address),
      () => volume.delete(address),
      () => volume.list({ limit: 1, after: block.address }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'volume.gone' });
    await place.client.put(identity, utf8('{"format":"something"}'));
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'volume.gone' });
    await place.client.put(identity, bytes);
    await volume.check();
    expect(await readWholeBlock(volume, block.address)).toEqual(block.payload[0]);
  });

  test('is gone when its bucket is', async () => {
    await place.client.createBucket('short-lived');
    const other = placeVolume(newClient(), 'short-lived', '');
    await createS3Volume({ place: other, storeId, clock: systemClock, random: systemRandom });
    const doomed = await open(other);
    for await (const { objects } of place.client.list('short-lived')) {
      await place.client.deleteObjects(
        'short-lived',
        objects.map(({ key }) => key),
      );
    }
    await place.client.deleteBucket('short-lived');
    const calls = [
      () => doomed.put(block),
      () => doomed.read(block.address),
      () => doomed.check(),
      () => doomed.list({ limit: 1 }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'volume.gone' });
    await doomed.close();
  });

  test('answers `busy` beyond its calls', async () => {
    await volume.close();
    const narrow = await open(placeOf(newClient(), place.prefix), { limits: { maxCalls: 2 } });
    const calls = [narrow.put(block), narrow.put(blockOf(2)), narrow.put(blockOf(3))];
    await expect(calls[2]).rejects.toMatchObject({ code: 'busy' });
    await Promise.allSettled(calls);
    await narrow.close();
  });
});

describe('an open', () => {
  const client = () => newClient();

  test('refuses what is no volume, or another one’s', async () => {
    await expect(open(placeOf(client(), 'nothing'))).rejects.toMatchObject({ code: 'volume.gone' });
    await expect(open(placeVolume(client(), 'no-such-bucket', ''))).rejects.toMatchObject({ code: 'volume.gone' });
    const { volume, place } = await newVolume();
    await volume.close();
    const foreign = { storeId: '00000000000000bb' as StoreId };
    await expect(open(placeOf(client(), place.prefix), foreign)).rejects.toMatchObject({ code: 'volume.foreign' });
    const other = { volumeId: '00000000000000cc' as VolumeId };
    await expect(open(placeOf(client(), place.prefix), other)).rejects.toMatchObject({ code: 'volume.foreign' });
  });

  test.each([
    ['damaged', '{"format":"copyset-volume-s3","version":1}\n', 'format.damaged'],
    ['no text', '\u0000\u0001', 'format.damaged'],
    ['too long', 'x'.repeat(5000), 'format.damaged'],
    ['newer', '{"format":"copyset-volume-s3","version":2,"crc32c":"50249059"}\n', 'format.unknown_version'],
  ])('refuses an identity that is %s', async (_, text, code) => {
    volumes += 1;
    const place = placeOf(client(), `volumes/${volumes}`);
    await place.client.put({ bucket: 'bucket', key: `${place.prefix}identity.json` }, utf8(text));
    await expect(open(place)).rejects.toMatchObject({ code });
  });

  test('a volume begins empty, and once', async () => {
    const create = (place: VolumePlace) => createS3Volume({ place, storeId, clock: systemClock, random: systemRandom });
    await client().put({ bucket: 'bucket', key: 'used/file' }, utf8('x'));
    await expect(create(placeOf(client(), 'used'))).rejects.toMatchObject({ code: 'not_empty' });
    const { volume, place } = await newVolume();
    await volume.close();
    await expect(create(placeOf(client(), place.prefix))).rejects.toMatchObject({ code: 'not_empty' });
    expect(() => placeOf(client(), 'a/../b')).toThrow('neither');
  });

  test('a wrong key is told as such, without the secret', async () => {
    const { volume, place } = await newVolume();
    await volume.close();
    const wrong = newClient({ credentials: { ...testKey, secretAccessKey: 'hush-hush' } });
    const failure = await open(placeOf(wrong, place.prefix)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'volume.gone', message: expect.stringContaining('SignatureDoesNotMatch') });
    expect(JSON.stringify([failure, String(failure)])).not.toContain('hush-hush');
  });

  test('leaves nothing of its probe', async () => {
    const { volume, place } = await newVolume();
    const pages = await Array.fromAsync(client().list('bucket', { prefix: `${place.prefix}probe/` }));
    expect(pages.flatMap(({ objects }) => objects)).toEqual([]);
    await volume.close();
  });
});

describe('over an endpoint that is not at its best', () => {
  const block = blockOf(1, 200_000);
  let volume: S3Volume;

  beforeEach(async () => {
    ({ volume } = await newVolume(unruly()));
    return async () => {
      proxy.decide = () => undefined;
      await volume.close();
    };
  });
  const isBlock = ({ target }: { readonly target: string }) => target.includes('/blocks/');

  test.each(['throttle', 'cut', 'lose', 'hang'] as const)('what passes is borne (%s)', async (kind) => {
    proxy.next(2, kind, isBlock);
    expect(await volume.put(block)).toBe('stored');
    proxy.next(2, kind, isBlock);
    expect(await readWholeBlock(volume, block.address)).toEqual(block.payload[0]);
    proxy.next(2, kind, isBlock);
    expect(await volume.stat(block.address)).toMatchObject({ address: block.address });
    proxy.next(2, kind, isBlock);
    expect(await volume.delete(block.address)).toBe(true);
    expect(await volume.usage()).toMatchObject({ blocks: 0, liveBytes: 0 });
  });

  test.each([
    ['throttle', 'busy'],
    ['lose', 'timeout'],
    ['hang', 'timeout'],
  ] as const)('what does not pass is told (%s)', async (kind, code) => {
    proxy.decide = (asked) => (isBlock(asked) && asked.method === 'PUT' ? kind : undefined);
    await expect(volume.put(block)).rejects.toMatchObject({ code });
    // a put whose answers were all lost has happened nevertheless, and is counted
    const blocks = kind === 'lose' ? 1 : 0;
    expect(await volume.usage()).toMatchObject({ blocks, liveBytes: blocks * storedBytesOf(200_000) });
    proxy.decide = () => undefined;
    expect(await volume.put(block)).toBe(kind === 'lose' ? 'present' : 'stored');
  });

  test('a full one takes no puts, goes on with reads and deletes, and recovers', async () => {
    await volume.put(block);
    proxy.decide = ({ method, target }) => (method === 'PUT' && isBlock({ target }) ? 'full' : undefined);
    await expect(volume.put(blockOf(2))).rejects.toMatchObject({ code: 'disk.full' });
    expect(await volume.usage()).toMatchObject({ blocks: 1, freeBytes: 0 });
    expect(await readWholeBlock(volume, block.address)).toEqual(block.payload[0]);
    expect(await volume.delete(block.address)).toBe(true);
    proxy.decide = () => undefined;
    expect(await volume.put(blockOf(2))).toBe('stored');
    expect((await volume.usage()).freeBytes).toBeGreaterThan(0);
  });

  test('Copyset itself, with full volumes, is a full one', async () => {
    const memories = door.site.members.all().map(({ volume: each }) => each as MemoryVolume);
    for (const memory of memories) memory.setCapacity(0);
    try {
      await expect(volume.put(blockOf(77, 50_000))).rejects.toMatchObject({ code: 'disk.full' });
    } finally {
      for (const memory of memories) memory.setCapacity(2 ** 40);
    }
    expect(await volume.put(blockOf(77, 50_000))).toBe('stored');
  });

  test('one that is not there makes the volume gone', async () => {
    const { port } = new URL(proxy.endpoint);
    expect(port).not.toBe('');
    const nobody = newClient({ endpoint: 'http://127.0.0.1:9' });
    await expect(open(placeOf(nobody, 'x'))).rejects.toMatchObject({ code: 'volume.gone' });
  });

  test('its owner outlives a time in which it could not be renewed', async () => {
    const { volume: made, place } = await newVolume();
    await made.close();
    const short = await open(placeOf(unruly(), place.prefix), { limits: { leaseTtlMs: 150 } });
    proxy.decide = ({ target }) => (target.endsWith('/owner.json') ? 'throttle' : undefined);
    await systemClock.sleep(400);
    expect(await short.put(block)).toBe('stored');
    proxy.decide = () => undefined;
    proxy.asked.length = 0;
    await vi.waitFor(() => expect(proxy.asked.filter(({ method }) => method === 'PUT')).not.toEqual([]), 10_000);
    await short.check();
    await short.close();
  });

  test('a hung one lets itself be closed', async () => {
    const { volume: made, place } = await newVolume();
    await made.close();
    const patient = unruly({ limits: { ...quick, stallTimeoutMs: 60_000 } });
    const short = await open(placeOf(patient, place.prefix), { limits: { leaseTtlMs: 300 } });
    proxy.decide = () => 'hang';
    const startedMs = systemClock.monotonicMs();
    await short.close();
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(30_000);
  });

  test('a hung one holds its own callers only, who leave on their signal', async () => {
    proxy.decide = ({ target }) => (target.includes(blockObject(block.address)) ? 'hang' : undefined);
    const signal = AbortSignal.timeout(50);
    const put = volume.put(block, { signal });
    expect(await volume.put(blockOf(2))).toBe('stored');
    await expect(put).rejects.toMatchObject({ code: 'request.aborted' });
    proxy.decide = () => undefined;
    expect(await volume.put(block)).toMatch(/stored|present/);
  });
});
