import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { newFileVolume } from '../../../test/support/file-volumes.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { RawConnection } from '../../../test/support/raw-http.ts';
import { testKey } from '../../../test/support/s3-door.ts';
import { emptySha256, type HeaderList, sign } from '../../../test/support/s3-signer.ts';
import { systemClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import { createLog } from '../../observe/log.ts';
import { listenOn } from '../../s3/front/listen.ts';
import { defaultS3Limits } from '../../s3/limits.ts';
import { amzDate } from '../../sigv4/amz-date.ts';
import type { DoorThread } from './door-thread.ts';
import { DoorThreads, type DoorThreadsOptions, startDoorThreads } from './door-threads.ts';
import { partOfLimits } from './part-of-limits.ts';

const mebibyte = 2 ** 20;
const content = seededRandom(1).bytes(8 * mebibyte);
/** More than the sockets of a connection hold. */
const large = seededRandom(2).bytes(32 * mebibyte);
const target = '/bucket/key';
const unsigned = 'UNSIGNED-PAYLOAD';

let root: string;
let site: MemorySite;
let door: DoorThreads | undefined;
let lines: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'copyset-door-'));
  lines = [];
  site = await startMemorySite({
    volumes: 1,
    openVolume: (volumeId) => newFileVolume(join(root, volumeId), volumeId),
    bucketDefaults: { copies: 1, writeQuorum: 1, blockBytes: mebibyte },
  });
  await site.store.createBucket('bucket');
});
afterEach(async () => {
  await door?.abort();
  door = undefined;
  await site.members.all()[0]?.volume?.close(); // waits for all that is lent
  await rm(root, { recursive: true });
});

const anyPort = { host: '127.0.0.1', port: 0 };

async function start(threads: number, more: Partial<DoorThreadsOptions> = {}): Promise<DoorThreads> {
  door = await startDoorThreads(options(threads, more));
  return door;
}

function options(threads: number, more: Partial<DoorThreadsOptions> = {}): DoorThreadsOptions {
  return {
    threads,
    store: site.store,
    listen: anyPort,
    key: testKey,
    front: 'auto',
    domains: [],
    region: 'us-east-1',
    clock: systemClock,
    record: () => undefined,
    log: createLog({ level: 'error', clock: systemClock, write: (line) => void lines.push(line) }),
    waiting: () => site.context.memory.waiting,
    ...more,
  };
}

const connect = ({ address }: DoorThreads) => RawConnection.open(address.port);
const onlyThread = ({ threads }: DoorThreads) => [...threads][0] as DoorThread;

function sendHead(connection: RawConnection, method: string, headers: HeaderList = [], payload = emptySha256): void {
  const all: HeaderList = [['host', 'test'], ...headers];
  const asked = { method, target, headers: all, payload, amzDate: amzDate(systemClock.wallMs()) };
  connection.sendHead(method, target, sign(testKey, asked).headers);
}

async function put(on: DoorThreads): Promise<void> {
  const connection = await connect(on);
  sendHead(connection, 'PUT', [['content-length', String(content.byteLength)]], unsigned);
  connection.send(content);
  expect((await connection.receive()).status).toBe(200);
  connection.end();
}

async function get(on: DoorThreads): Promise<Uint8Array> {
  const connection = await connect(on);
  sendHead(connection, 'GET');
  const { status, body } = await connection.receive();
  connection.end();
  expect(status).toBe(200);
  return body;
}

const inUse = () => site.context.memory.inUse;

describe('threads of the door', () => {
  test('share out connections; what one stored all serve', async () => {
    const records: string[] = [];
    const started = await start(2, { record: ({ operation = '' }) => void records.push(operation) });
    expect([started.serving, started.status.kind]).toEqual([2, 'fast']);
    await put(started);
    const read = await Promise.all(Array.from({ length: 8 }, () => get(started)));
    for (const bytes of read) expect(Buffer.compare(bytes, content)).toBe(0);
    await vi.waitFor(() => expect(records).toEqual(['PutObject', ...Array.from({ length: 8 }, () => 'GetObject')]));
    await vi.waitFor(() => expect(inUse()).toBe(0));
  });

  test('do not begin at an address where somebody else listens', async () => {
    const other = createServer();
    const listen = await listenOn(other, { host: '127.0.0.1', port: 0, isShared: true });
    await expect(start(2, { listen })).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${listen.port}`) as unknown,
    });
    other.close();
  });

  test('that cannot open their door say why, and leave none behind', async () => {
    const refused = start(2, { limits: { maxHeadBytes: -1 }, front: 'portable' });
    await expect(refused).rejects.toThrow('maxHeaderSize');
  });

  test('end after their start when told to while they start: no native code is loaded in one that ends', async () => {
    door = new DoorThreads(options(2), anyPort);
    const opening = door.open();
    await door.abort();
    await opening; // would reject if one had ended before it listened
    expect([door.serving, door.threads.size]).toEqual([0, 0]);
  });

  test('end at once when they are told to, whatever runs', async () => {
    const started = await start(2);
    const connection = await connect(started);
    sendHead(connection, 'PUT', [['content-length', String(content.byteLength)]], unsigned);
    connection.send(content.subarray(0, 3 * mebibyte));
    await vi.waitFor(() => expect(inUse()).toBeGreaterThan(0));
    await started.abort();
    await connection.closed();
    expect([inUse(), started.serving, started.threads.size]).toEqual([0, 0, 0]);
    await expect(connect(started)).rejects.toThrow('ECONNREFUSED');
  });

  test('finish what runs when they are drained', async () => {
    const started = await start(2);
    const connection = await connect(started);
    sendHead(connection, 'PUT', [['content-length', String(content.byteLength)]], unsigned);
    connection.send(content.subarray(0, mebibyte));
    await vi.waitFor(() => expect(inUse()).toBeGreaterThan(0));
    const drained = started.drain(60_000);
    await vi.waitFor(() => expect(connect(started)).rejects.toThrow('ECONNREFUSED'));
    connection.send(content.subarray(mebibyte));
    expect((await connection.receive()).status).toBe(200);
    await drained;
    expect([inUse(), started.threads.size]).toEqual([0, 0]);
    expect((await site.store.head('bucket', 'key')).bytes).toBe(content.byteLength);
  });
});

describe('a thread that dies', () => {
  test('in the middle of an upload leaves no object and no memory held, and is replaced', async () => {
    const started = await start(1);
    const connection = await connect(started);
    sendHead(connection, 'PUT', [['content-length', String(content.byteLength)]], unsigned);
    connection.send(content.subarray(0, 3 * mebibyte));
    await vi.waitFor(() => expect(inUse()).toBeGreaterThan(0));
    await onlyThread(started).stop();
    await connection.closed();
    expect([inUse(), started.serving]).toEqual([0, 0]);
    await expect(site.store.head('bucket', 'key')).rejects.toMatchObject({ code: 'not_found' });
    await vi.waitFor(() => expect(started.serving).toBe(1), { timeout: 20_000 });
    expect(lines.join()).toContain('another takes its place');
    await put(started);
    expect(Buffer.compare(await get(started), content)).toBe(0);
  });

  test('in the middle of a download gives back the places in files that it had', async () => {
    const started = await start(1);
    await site.store.put('bucket', 'key', { body: bodyOf(large), headers: { metadata: {} } });
    for (let time = 0; time < 2; time++) await readAll(await site.store.get('bucket', 'key')); // so that it can be lent
    const connection = await connect(started);
    connection.pause();
    sendHead(connection, 'GET');
    const thread = onlyThread(started);
    await systemClock.sleep(300); // whatever the sockets take they have
    expect(thread.loans).toBeGreaterThan(0);
    await thread.stop();
    expect([thread.loans, inUse()]).toEqual([0, 0]);
    await vi.waitFor(() => expect(started.serving).toBe(1), { timeout: 20_000 });
    await put(started);
    expect(Buffer.compare(await get(started), content)).toBe(0);
  });
});

test('where the address is taken meanwhile, the next thread says so, and another tries until it is free', async () => {
  const started = await start(1);
  await onlyThread(started).stop();
  const other = createServer();
  await listenOn(other, started.address);
  await vi.waitFor(() => expect(lines.join()).toContain('cannot listen on'), { timeout: 20_000 });
  expect(started.serving).toBe(0);
  await new Promise((resolve) => other.close(resolve));
  await vi.waitFor(() => expect(started.serving).toBe(1), { timeout: 20_000 });
  await put(started);
});

test('all threads together stay within the limits of one door', () => {
  const all = { ...defaultS3Limits, maxConnections: 10, leastUnderWay: 8, maxHoldWaiters: 4 };
  const held = { heldChunkBytes: 32, maxChunkBytes: 16, heldDocumentBytes: 64, maxDocumentBytes: 4 };
  const part = partOfLimits({ ...all, ...held }, 4);
  expect(part).toMatchObject({ maxConnections: 3, leastUnderWay: 2, maxHoldWaiters: 1 });
  expect([part.heldChunkBytes, part.heldDocumentBytes]).toEqual([16, 16]); // one chunk fits
});
