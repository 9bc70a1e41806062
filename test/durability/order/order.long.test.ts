import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { runTraced, whyNoStrace } from './traced-run.ts';

const reason = whyNoStrace();

test.skipIf(reason !== undefined)(
  `every 200 follows its syncs${reason === undefined ? '' : ` (${reason})`}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'copyset-order-'));
    try {
      const run = await runTraced({ directory, seed: 3, objects: shareOf(600, 20) });
      console.log(
        `${run.acknowledged} acknowledgements of ${run.blocks} blocks traced, ${run.judged} judged: ` +
          `${run.broken.length} answered before blocks were durable on W volumes, then records in W journals`,
      );
      expect(run.broken).toEqual([]);
      expect(run.judged).toBe(run.acknowledged);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
);
