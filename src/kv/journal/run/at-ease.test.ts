import { expect, test } from 'vitest';
import type { CallOptions } from '../../../base/async/abort.ts';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { atEase } from './at-ease.ts';

/** Each batch takes so long; how long was rested is told. */
function working(batchMs: number) {
  let nowMs = 0;
  const rests: number[] = [];
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs, sleep: async (ms) => void rests.push(ms) };
  async function* batches() {
    for (let batch = 0; batch < 10; batch++) {
      yield batch;
      nowMs += batchMs;
    }
  }
  return { rests, clock, batches: batches() };
}

async function all(work: AsyncIterable<number>): Promise<number[]> {
  const seen: number[] = [];
  for await (const batch of work) seen.push(batch);
  return seen;
}

test.each([
  [0, []],
  [1, [8, 8]],
  [10, Array.from({ length: 9 }, () => 20)],
  [1000, Array.from({ length: 9 }, () => 40)],
])('batches of %d ms of work are all there, with rests of %j ms between', async (batchMs, rests) => {
  const work = working(batchMs);
  expect(await all(atEase(work.batches, work.clock, { isPressed: () => false }))).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
  expect(work.rests).toEqual(rests);
});

test('who is pressed rests no more', async () => {
  const work = working(10);
  await all(atEase(work.batches, work.clock, { isPressed: () => work.rests.length === 2 }));
  expect(work.rests).toEqual([20, 20]);
});

test('a rest ends when the work is given up', async () => {
  const work = working(10);
  const clock = { ...work.clock, sleep: (ms: number, options?: CallOptions) => systemClock.sleep(ms, options) };
  await expect(
    all(atEase(work.batches, clock, { signal: AbortSignal.abort(), isPressed: () => false })),
  ).rejects.toMatchObject({
    code: 'request.aborted',
  });
});
