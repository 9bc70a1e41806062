/** Why: see hung-volume.ts: a volume whose calls hang in the kernel for a minute, under load. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { whyNoHangs } from '../support/mounts.ts';
import { expectPrompt, StoreThatHangs } from './hung-volume.ts';

describe.skipIf(whyNoHangs !== undefined)(`a volume that hangs (${whyNoHangs ?? 'by bindfs'})`, () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-hung-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('for a minute keeps nobody waiting', async () => {
    const seconds = shareOf(60, 15);
    await using store = await StoreThatHangs.begin(folder);
    await store.objects.put(100, 100_000);
    const report = await store.hangFor(seconds * 1000);
    expectPrompt(report);
    const owed = (await store.objects.dev.status()).underReplicatedBlocks;
    const startedMs = performance.now();
    await store.objects.healed();
    await store.objects.verify();
    const healedMs = Math.round(performance.now() - startedMs);
    console.log(`hung for ${seconds} s: ${JSON.stringify({ ...report, owed, healedMs })}`);
    expect(owed).toBeGreaterThan(0);
  });

  test('keeps a store from stopping for a while only', async () => {
    await using store = await StoreThatHangs.begin(folder);
    await store.objects.put(30, 100_000);
    store.volume.hang();
    const ended = store.objects.dev.end();
    while (!store.objects.dev.err.includes('a volume could not be closed')) await sleep(500);
    store.volume.goOn();
    expect(await ended).toBe(0);
    const { objects } = await store.startAgain();
    await objects.verify();
    await objects[Symbol.asyncDispose]();
  });
});
