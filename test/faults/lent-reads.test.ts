/**
 * Why: what is sent out of the page cache is sent without another look at it. The same bytes must leave on that way as
 * on every other, and the switch must close it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { libc } from '../../src/base/libc.ts';
import { seededRandom } from '../../src/base/random.ts';
import { parseExposition } from '../../src/plan/calibrate/exposition.ts';
import { S3Client } from '../support/client.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';

const content = Buffer.from(seededRandom(5).bytes(5 * 2 ** 20 + 777));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-lent-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function lentBytes({ ready }: DevProcess): Promise<number> {
  const text = await (await fetch(new URL('/metrics', ready.metrics))).text();
  const lent = parseExposition(text).filter(({ name }) => name === 'copyset_volume_lent_bytes_total');
  return lent.reduce((sum, { value }) => sum + value, 0);
}

/** Reads whole and in ranges, several times; the bytes that were lent. */
async function readOften(...args: readonly string[]): Promise<number> {
  await using dev = await startDev(folder, '--block-bytes', '2MiB', ...args);
  const client = new S3Client(dev.ready);
  await client.createBucket('bucket');
  await client.ask({ method: 'PUT', target: '/bucket/key', body: content });
  const random = seededRandom(6);
  for (let round = 0; round < 20; round++) {
    const first = round < 3 ? 0 : random.integer(content.byteLength);
    const last = round < 3 ? content.byteLength - 1 : first + random.integer(content.byteLength - first);
    const range = [['range', `bytes=${first}-${last}`]] as const;
    const answer = await client.ask({ method: 'GET', target: '/bucket/key', headers: round < 3 ? [] : range });
    expect(answer.body.equals(content.subarray(first, last + 1))).toBe(true);
  }
  return await lentBytes(dev);
}

test.runIf(libc !== undefined)('what was read before is lent, and the same bytes leave', async () => {
  expect(await readOften()).toBeGreaterThan(2 * content.byteLength);
});

test('where every read is verified, and by the portable front, nothing is lent', async () => {
  expect(await readOften('--verify-reads', 'always')).toBe(0);
  await rm(folder, { recursive: true });
  expect(await readOften('--s3-front', 'portable')).toBe(0);
});
