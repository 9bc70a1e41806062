/** Why: a store that serves by threads is to its clients and operators the same store, as a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../src/base/random.ts';
import { S3Client } from './support/client.ts';
import { copyset, startDev } from './support/dev-process.ts';

process.env.COPYSET_THREADS = '2';
await import('./clients/aws-sdk.test.ts');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-threads-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('its status says how many serve, its metrics and audit count what all of them did', async () => {
  await using dev = await startDev(folder);
  using client = new S3Client(dev.ready);
  await client.createBucket('bucket');
  const keys = Array.from({ length: 20 }, (_, at) => `key${at}`);
  await Promise.all(keys.map((key) => client.put('bucket', key, seededRandom(1).bytes(100_000))));
  expect((await dev.status()).front).toMatchObject({ threads: { serving: 2, wanted: 2 } });
  expect((await copyset('status', '--dir', folder)).out).toMatch(/"threads":\{"serving":2,"wanted":2\}/);
  expect((await fetch(`${dev.ready.endpoint}/bucket/key0`)).status).toBe(403);
  const metrics = async () => (await fetch(new URL('/metrics', dev.ready.metrics))).text();
  await expect
    .poll(metrics)
    .toMatch(/copyset_s3_requests_total\{(op="PutObject",code="200"|code="200",op="PutObject")\} 20/);
  await expect.poll(() => dev.err).toContain('"kind":"audit"');
});

test('it drains when it is told to stop, and another serves what it stored, by itself', async () => {
  const content = seededRandom(1).bytes(20 * 2 ** 20);
  await using dev = await startDev(folder);
  using client = new S3Client(dev.ready);
  await client.createBucket('bucket');
  const written = client.put('bucket', 'key', content);
  await expect.poll(async () => (await dev.status()).volumes.some(({ usedBytes }) => usedBytes > 0)).toBe(true);
  const [code] = await Promise.all([dev.end(), written]);
  expect([code, dev.err]).toEqual([0, '']);
  await using again = await startDev(folder, '--threads', '0');
  using reader = new S3Client(again.ready);
  expect((await reader.get('bucket', 'key'))?.body.equals(content)).toBe(true);
});
