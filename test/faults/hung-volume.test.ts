/**
 * Why: see hung-volume.ts. Here the volume hangs for 10 s, in the long form for 60 s: a sixth. How a
 * store stops beside it is shown there only.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { whyNoHangs } from '../support/mounts.ts';
import { expectPrompt, StoreThatHangs } from './hung-volume.ts';

describe.skipIf(whyNoHangs !== undefined)(`a volume that hangs (${whyNoHangs ?? 'by bindfs'})`, () => {
  let folder: string;
  let store: StoreThatHangs;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-hung-'));
    store = await StoreThatHangs.begin(folder);
    await store.objects.put(30, 100_000);
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('keeps nobody waiting, and is made whole when it comes back', async () => {
    expectPrompt(await store.hangFor(10_000));
    await store.objects.healed();
    await store.objects.verify();
  });

  test('is told of by status, and left out by scrub, which tells of it too', async () => {
    store.volume.hang();
    await store.statusOf('suspect');
    const before = performance.now();
    expect((await store.objects.dev.status()).problems.join()).toContain('does not answer');
    const unverified = { problem: 'not all of it could be verified: it does not answer' };
    const journal = { where: expect.stringContaining('/v2/journal') as unknown };
    expect(await store.scrub()).toMatchObject({ state: 'done', findings: [unverified, journal] });
    expect(performance.now() - before).toBeLessThan(15_000);
    store.volume.goOn();
    await store.statusOf('active');
    await store.objects.healed();
  });

  test('keeps a store from starting for a while only, and from being stopped meanwhile too', async () => {
    await store.objects.dev.end('SIGKILL');
    store.volume.hang();
    expect(await store.stopWhileStarting()).toBeLessThan(15_000);
    const before = performance.now();
    store = await store.startAgain();
    const startedMs = performance.now() - before;
    console.log(`started beside a volume that hangs in ${Math.round(startedMs)} ms`);
    expect(startedMs).toBeLessThan(15_000);
    await store.statusOf('suspect');
    await store.objects.verify();
    await store.objects.put(5, 100_000);
    store.volume.goOn();
    await store.objects.healed();
    await store.objects.verify();
  });
});
