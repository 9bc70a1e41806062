/** Why: see hung-volume.ts: a volume whose calls hang in the kernel for a minute, under load. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { whyNoHangs } from '../support/mounts.ts';
import { expectPrompt, StoreThatHangs } from './hung-volume.ts';

test.skipIf(whyNoHangs !== undefined)(`a volume that hangs for a minute (${whyNoHangs ?? 'by bindfs'})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-hung-'));
  const seconds = shareOf(60, 15);
  try {
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
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
