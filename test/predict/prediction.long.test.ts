import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { tableOf } from './comparison.ts';
import { missesIn, Prediction } from './prediction.ts';

const extent = {
  configurations: shareOf(7),
  writes: shareOf(160, 50),
  reads: shareOf(400, 80),
  cachedReads: shareOf(10_000, 1_000),
  objectsAtLoss: shareOf(1_200, 240),
};

test('the planner predicts what the running store does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-predict-'));
  try {
    const comparisons = await new Prediction(folder, extent).run();
    console.log(tableOf(comparisons));
    expect(missesIn(comparisons, { isWhole: shareOf(100) === 100 })).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
