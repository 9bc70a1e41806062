import { afterEach, beforeEach, expect, test } from 'vitest';
import { S3Client } from '../client.ts';
import { startTestDoor, type TestDoor, testKey } from '../s3-door.ts';
import { Load, loadBucket } from './load.ts';

let door: TestDoor;
let client: S3Client;
let load: Load;

beforeEach(async () => {
  door = await startTestDoor();
  const { port } = door.server.address;
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, ...testKey });
  await client.createBucket(loadBucket);
  load = new Load({ seed: 1, writers: 4, keysPerWriter: 8, multipartPerMille: 10 });
  await load.runFor(client, 60);
});

afterEach(async () => {
  client[Symbol.dispose]();
  await door[Symbol.asyncDispose]();
});

async function firstListed() {
  const [first] = await client.list(loadBucket);
  if (first === undefined) throw new Error('the load left no object');
  return first;
}

test('finds nothing wrong where all is well', async () => {
  expect(await load.verify(client)).toEqual([]);
  expect(load.report).toMatchObject({ unanswered: 0, appeared: 0, verified: 32 });
});

test('finds an object that is lost', async () => {
  const { key } = await firstListed();
  await client.delete(loadBucket, key);
  expect(await load.verify(client)).toEqual([expect.stringContaining(`${key} is absent`)]);
});

test('finds an object that changed by one bit', async () => {
  const { key } = await firstListed();
  const body = (await client.get(loadBucket, key))?.body ?? Buffer.alloc(0);
  body[0] = (body[0] ?? 0) ^ 1;
  await client.put(loadBucket, key, body);
  expect(await load.verify(client)).toEqual([expect.stringContaining(`${key} is ${body.byteLength} bytes`)]);
});

test('finds an object that nobody wrote', async () => {
  await client.put(loadBucket, 'stranger', Buffer.from('x'));
  expect(await load.verify(client)).toEqual(['stranger is listed, and nobody wrote it']);
});

test('takes either outcome of a request without an answer, and then holds the store to it', async () => {
  const stop = new AbortController();
  const running = load.run(client, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, 200));
  stop.abort();
  client[Symbol.dispose]();
  await running;
  expect(load.report.unanswered).toBeGreaterThan(0);
  expect(await load.verify(client)).toEqual([]);
  expect(await load.verify(client)).toEqual([]);
});
