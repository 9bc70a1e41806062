/**
 * Why: the planner is worth what its predictions are. Calibrated on the plainest configuration, it says what others
 * will do before they run; then they run, on volumes slowed down by known faults. One of them alone: `-t 'M 5'`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { hitRatios } from './cache-hits.ts';
import { type Comparison, tableOf } from './comparison.ts';
import { nameOf } from './configuration.ts';
import { latencies, latencyConfigurations } from './latencies.ts';
import { missesIn } from './misses.ts';
import { joining, losing } from './placement.ts';

const isWhole = shareOf(100) === 100;
/**
 * Few writes tell a median; the 99th percentile of 1,500 reads is off by some 5 %, that of 400 by three times as much.
 */
const calibrating = { writes: shareOf(96, 48), reads: shareOf(1_200, 80) };
const measuring = { writes: shareOf(96, 48), reads: shareOf(1_500, 80) };
const cachedReads = shareOf(10_000, 1_000);
const objectsAtLoss = shareOf(1_200, 240);

const rows: Comparison[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-predict-'));
});

afterAll(async () => {
  console.log(tableOf(rows));
  await rm(folder, { recursive: true });
});

/** All rows stand in the table, whether or not they are within their bounds. */
async function hold(comparisons: Promise<Comparison[]>): Promise<void> {
  const compared = await comparisons;
  rows.push(...compared);
  expect(missesIn(compared, { isWhole })).toEqual([]);
}

for (const [index, each] of latencyConfigurations.slice(0, shareOf(latencyConfigurations.length)).entries())
  test(`latencies and bytes of ${nameOf(each)}`, () =>
    hold(latencies(join(folder, `latencies-${index}`), each, { calibrating, measuring })));

test('repair of a lost volume', () => hold(losing(join(folder, 'loss'), { calibrating, objects: objectsAtLoss })));

test('hit ratios of caches', () => hold(hitRatios(join(folder, 'caches'), cachedReads)));

test('copysets, and what moves to a volume that joins', () => hold(joining(join(folder, 'joining'))));
