/**
 * Why: a snapshot of a large catalog keeps the thread that answers requests at work for seconds, and nobody waits for
 * it: it rests for longer than it works.
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { Clock } from '../../../base/clock.ts';

/** Work in one go, before a rest. */
const spellMs = 4;
/** For each millisecond of work. More would keep the old state, and with it the write-ahead log, for longer. */
const restMs = 2;
/** Of a batch that had to wait for others. */
const mostWorkMs = 20;

export async function* atEase<T>(
  batches: AsyncIterable<T>,
  clock: Clock,
  options: CallOptions = {},
): AsyncGenerator<T> {
  let sinceMs = clock.monotonicMs();
  for await (const batch of batches) {
    yield batch;
    const workedMs = clock.monotonicMs() - sinceMs;
    if (workedMs < spellMs) continue;
    await clock.sleep(restMs * Math.min(workedMs, mostWorkMs), options);
    sinceMs = clock.monotonicMs();
  }
}
