import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { withoutConditions } from '../../../test/support/heedless-s3.ts';
import { startTestDoor, type TestDoor, testKey } from '../../../test/support/s3-door.ts';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import type { StoreId } from '../../base/ids.ts';
import { seededRandom, systemRandom } from '../../base/random.ts';
import type { S3Client } from '../../s3-client/client.ts';
import { openS3Client } from '../../s3-client/open-s3-client.ts';
import { encodeLine } from '../checked-line.ts';
import { createS3Volume } from './create-s3-volume.ts';
import { openS3Volume } from './open-s3-volume.ts';
import { placeVolume } from './place.ts';
import type { S3Volume } from './s3-volume.ts';

const storeId = '00000000000000aa' as StoreId;
const leaseTtlMs = 900;
const patience = { timeout: 20_000, interval: 50 };
const ownerKind = { format: 'copyset-volume-s3-owner', version: 1 };
const stranger = { holder: '1111111111111111', renewal: 1, renewedAtMs: 0, leaseTtlMs };

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});
afterAll(() => door.server.abort());

function newClient(): S3Client {
  const endpoint = `http://127.0.0.1:${door.server.address.port}`;
  return openS3Client({ endpoint, credentials: testKey, clock: systemClock, random: seededRandom(1) });
}

let folders = 0;

describe.each([
  ['ignores conditions', false, () => withoutConditions(newClient())],
  ['obeys conditions', true, newClient],
])('the owner of a volume at an endpoint that %s', (_, conditionalPut, client) => {
  const other = newOther();
  let folder: string;

  beforeEach(async () => {
    folder = `owned/${++folders}`;
    const place = placeVolume(client(), 'bucket', folder);
    await createS3Volume({ place, storeId, clock: systemClock, random: systemRandom });
    place.client.close();
  });

  function open(): Promise<S3Volume> {
    const place = placeVolume(client(), 'bucket', folder);
    const options = { capacityBytes: 2 ** 40, clock: systemClock, random: systemRandom, limits: { leaseTtlMs } };
    return openS3Volume({ place, storeId, ...options });
  }

  function ownerPath() {
    return { bucket: 'bucket', key: `${folder}/owner.json` };
  }

  async function ownerText(): Promise<string> {
    return Buffer.from(await other().getBytes(ownerPath(), { maxBytes: 4096 })).toString();
  }

  async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
    const startedMs = systemClock.monotonicMs();
    await work();
    return systemClock.monotonicMs() - startedMs;
  }

  test('is told apart, keeps others out while it renews, and lets the next one in when it closes', async () => {
    const volume = await open();
    expect(volume.target).toMatchObject({ conditionalPut });
    await expect(open()).rejects.toMatchObject({ code: 'volume.locked' });
    await volume.check();
    await volume.close();
    const next = await open();
    await next.close();
    await expect(other().head(ownerPath())).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that died is waited for as long as its lease', async () => {
    const record = { ...stranger, renewedAtMs: Math.floor(systemClock.wallMs()) };
    await other().put(ownerPath(), encodeLine(ownerKind, record));
    let volume: S3Volume | undefined;
    const tookMs = await elapsedMs(async () => {
      volume = await open();
    });
    expect(tookMs).toBeGreaterThanOrEqual(leaseTtlMs);
    await volume?.close();
  });

  test.each([
    ['that has long been gone', encodeLine(ownerKind, { ...stranger, leaseTtlMs: 3_600_000 })],
    ['that cannot be read', utf8('{"format":"copyset-volume-s3-owner","version":1}\n')],
  ])('%s is not waited for', async (__, bytes) => {
    await other().put(ownerPath(), bytes);
    await (await open()).close();
  });

  test('of a newer format is left alone', async () => {
    const bytes = encodeLine({ ...ownerKind, version: 2 }, { holder: 'x' });
    await other().put(ownerPath(), bytes);
    await expect(open()).rejects.toMatchObject({ code: 'format.unknown_version' });
  });

  test('who is waited for can be given up', async () => {
    const record = { ...stranger, renewedAtMs: Math.floor(systemClock.wallMs()), leaseTtlMs: 3_600_000 };
    await other().put(ownerPath(), encodeLine(ownerKind, record));
    const place = placeVolume(client(), 'bucket', folder);
    const options = { capacityBytes: 1, clock: systemClock, random: systemRandom };
    const opening = openS3Volume({ place, storeId, ...options }, { signal: AbortSignal.timeout(200) });
    await expect(opening).rejects.toMatchObject({ code: 'request.aborted' });
  });

  test('that was pushed out notices, stops, and leaves the other one alone', async () => {
    const volume = await open();
    const record = encodeLine(ownerKind, { ...stranger, renewedAtMs: Math.floor(systemClock.wallMs()) });
    await other().put(ownerPath(), record);
    const isOut = () => expect(volume.check()).rejects.toMatchObject({ code: 'volume.locked' });
    await vi.waitFor(isOut, patience);
    await expect(volume.list({ limit: 1 })).rejects.toMatchObject({ code: 'volume.locked' });
    await volume.close();
    expect(await ownerText()).toContain(stranger.holder);
  });

  test('whose object vanished makes it anew', async () => {
    const volume = await open();
    await other().delete(ownerPath());
    await vi.waitFor(async () => expect(await ownerText()).toContain('copyset-volume-s3-owner'), patience);
    await volume.check();
    await volume.close();
  });

  test('is one, of several that open at once', async () => {
    const outcomes = await Promise.allSettled([open(), open(), open()]);
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    await vi.waitFor(async () => {
      const serving = await Promise.allSettled(opened.map((volume) => volume.check()));
      expect(serving.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }, patience);
    if (conditionalPut) expect(opened).toHaveLength(1);
    await Promise.all(opened.map((volume) => volume.close()));
  });
});

/** Of whoever writes there beside the volumes. */
function newOther(): () => S3Client {
  let client: S3Client | undefined;
  afterAll(() => client?.close());
  return () => {
    client ??= newClient();
    return client;
  };
}
