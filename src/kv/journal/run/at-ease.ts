/**
 * Why: a snapshot of a large catalog keeps the thread that answers requests at work for seconds, and nobody waits for
 * it: it rests for longer than it works. Unless much is committed meanwhile: the state that it reads is kept for as
 * long as it takes, and with it all that was written since (5 KB a commit: 13 GB behind 3 million of them).
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { Clock } from '../../../base/clock.ts';

/** Work in one go, before a rest. */
const spellMs = 4;
/** For each millisecond of work. */
const restMs = 2;
/** Of a batch that had to wait for others. */
const mostWorkMs = 20;

export type Ease = CallOptions & {
  /** Whether it should be done soon. */
  readonly isPressed: () => boolean;
};

export async function* atEase<T>(
  batches: AsyncIterable<T>,
  clock: Clock,
  { isPressed, signal }: Ease,
): AsyncGenerator<T> {
  let sinceMs = clock.monotonicMs();
  for await (const batch of batches) {
    yield batch;
    const workedMs = clock.monotonicMs() - sinceMs;
    if (workedMs < spellMs || isPressed()) continue;
    await clock.sleep(restMs * Math.min(workedMs, mostWorkMs), { signal });
    sinceMs = clock.monotonicMs();
  }
}
