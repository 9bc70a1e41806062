/**
 * Why: see damage.ts: 1,000 blocks harmed on up to all but one of their copies, before they are read and before a
 * scrub.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { expectFound, HarmedStore } from './damage.ts';

test('1,000 damaged blocks: no bad byte is served, and one scrub finds and repairs them all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-damage-'));
  const blocks = shareOf(1000, 50);
  try {
    await using store = await HarmedStore.begin(folder, { blocks, seed: 2 });
    const harmedBeforeReads = await store.harm(blocks);
    await store.objects.verify();
    await store.scrub();
    await store.calm();
    await store.expectWhole();
    await store.startAgain();
    const harmed = await store.harm(blocks);
    const startedMs = performance.now();
    const found = await store.scrub();
    const scrubMs = Math.round(performance.now() - startedMs);
    expectFound(found, harmed);
    const whole = await store.expectWhole();
    await store.objects.verify();
    const figures = {
      blocks: whole,
      harmedBlocks: blocks,
      copiesHarmedBeforeReads: harmedBeforeReads.size,
      copiesHarmedBeforeScrub: harmed.size,
      copiesToldByTheScrub: found.size,
      copiesWholeAfterIt: harmed.size,
      scrubAndRepairMs: scrubMs,
    };
    console.log(`damage: ${JSON.stringify(figures)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
