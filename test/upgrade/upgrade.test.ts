/**
 * Why: what one version wrote every later one opens, verifies, repairs and serves. Each store in stores/ was written by
 * the version that it is named for (make-store.ts), and was left by kill -9, with damage and with debt.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { S3Client } from '../support/client.ts';
import { copyset, type DevProcess, startDev } from '../support/dev-process.ts';
import { copiesOn, isIntact } from '../support/segment-frames.ts';
import { archiveOf, bucket, differences, keptObjects, patternOf, unfinished, unpack } from './small-store.ts';
import { completeUpload } from './unfinished-upload.ts';

const stores = await readdir(new URL('stores', import.meta.url));
const versions = stores.map((name) => name.replace('.tar.zst', ''));
const copies = 3;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-upgrade-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test.each(versions)('a store of version %s is opened, verified, repaired and served', async (version) => {
  unpack(archiveOf(version), folder);
  expect(await countDamaged(folder)).toBeGreaterThan(3);
  await using dev = await startDev(folder);
  using client = new S3Client(dev.ready);
  expect(await differences(client)).toEqual([]);
  expect(await scrub()).toEqual(['done', []]);
  expect(await dev.status()).toMatchObject({ state: 'serving', problems: [], underReplicatedBlocks: 0 });
  expect(await countDamaged(folder)).toBe(0);
  for (const key of keptObjects().keys()) expect(await badCopies(key)).toEqual([]);
  await completeUpload(client);
  const whole = Buffer.concat(unfinished.parts.map(patternOf));
  expect((await client.get(bucket, unfinished.key))?.body.equals(whole)).toBe(true);
  await expectWholeCatalog(dev);
});

test.each(versions)('a store of version %s whose database is lost has it made anew', async (version) => {
  unpack(archiveOf(version), folder);
  await rm(join(folder, 'catalog'), { recursive: true });
  await using dev = await startDev(folder);
  using client = new S3Client(dev.ready);
  expect(await differences(client)).toEqual([]);
});

/** State and errors of its end; what it finds may have been repaired before. */
async function scrub(): Promise<unknown> {
  const last = (await Array.fromAsync(connectAdmin(folder).scrub({}))).at(-1);
  return [last?.state, last?.error === undefined ? [] : [last.error]];
}

async function countDamaged(store: string): Promise<number> {
  let damaged = 0;
  for (const name of await readdir(join(store, 'volumes')))
    for (const [block, copy] of await copiesOn(join(store, 'volumes', name)))
      if (!(await isIntact(block, copy))) damaged++;
  return damaged;
}

async function badCopies(key: string): Promise<unknown[]> {
  const blocks = await Array.fromAsync(connectAdmin(folder).verifyObject({ bucket, key }));
  return blocks.filter((block) => block.copies.length !== copies || block.copies.some(({ state }) => state !== 'good'));
}

async function expectWholeCatalog(dev: DevProcess): Promise<void> {
  expect(await dev.end()).toBe(0);
  expect(await copyset('catalog', 'verify', '--dir', folder)).toMatchObject({ code: 0 });
}
