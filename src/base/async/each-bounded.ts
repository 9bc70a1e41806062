/** Why: a stream of work units runs several at a time, bounded in number and in bytes; the first failure ends it. */
import { type CallOptions, throwIfAborted } from './abort.ts';
import { Semaphore } from './semaphore.ts';

export type EachBounds<T> = {
  readonly atOnce: number;
  readonly maxBytes: number;
  /** What an item takes while it is worked on; one that is larger than the bound has all of it. */
  readonly bytesOf: (item: T) => number;
};

/** Settles when nothing runs any more; rejects with the first failure. */
export async function eachBounded<T>(
  items: AsyncIterable<T>,
  bounds: EachBounds<T>,
  work: (item: T) => Promise<void>,
  options: CallOptions = {},
): Promise<void> {
  const slots = new Semaphore('work at once', bounds.atOnce, 1);
  const bytes = new Semaphore('bytes at once', bounds.maxBytes, bounds.atOnce);
  const running = new Set<Promise<void>>();
  let failure: { readonly reason: unknown } | undefined;
  try {
    for await (const item of items) {
      throwIfAborted(options.signal);
      const slot = await slots.acquire(1, options);
      if (failure !== undefined) break;
      const run = bytes
        .use(Math.min(bounds.maxBytes, Math.max(1, bounds.bytesOf(item))), () => work(item), options)
        .catch((reason: unknown) => {
          failure ??= { reason };
        })
        .finally(() => {
          running.delete(run);
          slot.release();
        });
      running.add(run);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== undefined) throw failure.reason;
}
