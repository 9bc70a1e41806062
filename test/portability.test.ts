/**
 * Why: what makes the store fast is optional: native packages, direct I/O, calls of Linux. Without any of it everything
 * works, slower, and `status` says what is missing; a store goes from one kind of machine to the other and back.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { libc } from '../src/base/libc.ts';
import { seededRandom } from '../src/base/random.ts';
import { S3Client } from './support/client.ts';
import { type DevProcess, launchDev, whenReady } from './support/dev-process.ts';

const withoutNative = new URL('support/without-native.mjs', import.meta.url).href;
const under = ['env', `NODE_OPTIONS=--import=${withoutNative}`];
/** A file system in memory, where Linux has one. */
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const random = seededRandom(9);
const [small, whole] = [random.bytes(3000), random.bytes(3 * 2 ** 20 + 5)];
const parts = [random.bytes(5 * 2 ** 20), random.bytes(70_000)];
const all = Buffer.concat(parts);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(memoryFolder, 'copyset-portable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(args: readonly string[], launch = {}): Promise<DevProcess> {
  return whenReady(launchDev(folder, ['--block-bytes', '1MiB', ...args], launch));
}

async function fill(dev: DevProcess): Promise<void> {
  using client = new S3Client(dev.ready);
  await client.createBucket('bucket');
  await client.put('bucket', 'small', small);
  await client.put('bucket', 'whole', whole);
  await client.putParts('bucket', 'parts', parts);
  await client.copy('bucket', 'whole', 'copy');
  await client.put('bucket', 'gone', small);
  await client.delete('bucket', 'gone');
}

async function check(dev: DevProcess): Promise<void> {
  using client = new S3Client(dev.ready);
  expect((await client.list('bucket')).map(({ key }) => key)).toEqual(['copy', 'parts', 'small', 'whole']);
  const expected = { small, whole, parts: all, copy: whole };
  for (const [key, bytes] of Object.entries(expected)) {
    for (const turn of ['first', 'again']) {
      const body = (await client.get('bucket', key))?.body;
      expect([key, turn, body?.equals(bytes)]).toEqual([key, turn, true]);
    }
  }
  const headers = [['range', 'bytes=1000000-4999999']] as const;
  const { status, body } = await client.ask({ method: 'GET', target: '/bucket/parts', headers });
  expect([status, body.equals(all.subarray(1_000_000, 5_000_000))]).toEqual([206, true]);
}

test.each(['auto', 'portable'])('without native packages, in memory, by the front "%s"', async (front) => {
  await using dev = await start(['--s3-front', front], { under });
  await fill(dev);
  await check(dev);
  const { nameHash, front: serving } = await dev.status();
  expect([nameHash.engine, serving.reason.includes('koffi')]).toEqual(['WASM', front === 'auto']);
});

test('a store goes to a machine without them and back', async () => {
  for (const [turn, launch] of [{}, { under }, {}].entries()) {
    const dev = await start([], launch);
    if (turn === 0) await fill(dev);
    await check(dev);
    const { front } = await dev.status();
    expect(front.reason.includes('koffi')).toBe(turn === 1 || libc === undefined);
    expect(await dev.end()).toBe(0);
  }
});
