/**
 * Why: see damage.ts. Here 100 blocks are harmed in each round, in the long form 1,000: a tenth.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyset } from '../support/dev-process.ts';
import { expectFound, HarmedStore } from './damage.ts';
import { bucket } from './known-objects.ts';

const blocks = 100;

describe('damaged copies', () => {
  let folder: string;
  let store: HarmedStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-damage-'));
    store = await HarmedStore.begin(folder, { blocks, seed: 1 });
  });

  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('are never served', async () => {
    await store.harm(blocks);
    await store.objects.verify();
    await store.scrub();
    await store.calm();
    await store.expectWhole();
  });

  test('are all found and repaired by one scrub', async () => {
    await store.startAgain();
    const harmed = await store.harm(blocks);
    expectFound(await store.scrub(), harmed);
    expect(await store.expectWhole()).toBeGreaterThan(blocks);
    await store.objects.verify();
  });

  test('of a block without a good copy make a clear error, for its object only, until one comes back', async () => {
    await store.startAgain();
    const [lost, ...others] = store.objects.keys as [string, ...string[]];
    const bringBackOne = await store.harmAll(lost, 0);
    const answer = await store.objects.client.ask({ method: 'GET', target: `/${bucket}/${lost}` });
    expect([answer.status, answer.body.toString()]).toEqual([503, expect.stringContaining('<Code>ServiceUnavailable')]);
    for (const key of others.slice(0, 20)) await store.objects.read(key);
    const verified = await copyset('object', 'verify', `${bucket}/${lost}`, '--dir', folder);
    expect([verified.code, verified.out.match(/damaged/g)?.length]).toEqual([3, 3]);
    expect((await store.objects.dev.status()).underReplicatedBlocks).toBeGreaterThan(0);
    await bringBackOne();
    await store.objects.read(lost);
    await store.calm();
    await store.expectWhole();
  });

  test('in the middle of an object end the answer, which never looks whole', async () => {
    await store.startAgain();
    const large = store.objects.keys.at(-1) as string;
    const bringBackOne = await store.harmAll(large, 10);
    await expect(store.objects.read(large)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await bringBackOne();
    await store.objects.read(large);
    await store.calm();
  });

  test('are found and repaired where a segment was cut', async () => {
    await store.startAgain();
    await store.cutSegment();
    expect((await store.scrub()).size).toBeGreaterThan(blocks / 10);
    expect(await store.scrub()).toEqual(new Set());
    await store.startAgain();
    await store.objects.verify();
    expect(await store.scrub()).toEqual(new Set());
  });
});
