/**
 * Why: time comes in by the door, so that a seed can drive it. Wall time is for display, stamps and expiry hints;
 * durations and deadlines use monotonic time only.
 */
import { type CallOptions, raceAbort } from './async/abort.ts';
import { CopysetError } from './errors.ts';

export type Clock = {
  /** Milliseconds since the epoch, UTC; may step. */
  wallMs(): number;
  /** Milliseconds since some fixed moment; never steps back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with `request.aborted` at once when the signal aborts. */
  sleep(ms: number, options?: CallOptions): Promise<void>;
};

async function sleepByTimer(ms: number, options: CallOptions = {}): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await raceAbort(promise, options.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: sleepByTimer,
};

/**
 * Wall time as if nobody set the clock since this was made: what is as old as it says, whatever happens to the clock of
 * the machine. For ages, never for what people read.
 */
export function steadyClock(clock: Clock): Clock {
  const offsetMs = clock.wallMs() - clock.monotonicMs();
  return {
    wallMs: () => offsetMs + clock.monotonicMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, options) => clock.sleep(ms, options),
  };
}

/** Made once: an error takes its stack along, and most deadlines are disposed. */
const disposed = new CopysetError('request.aborted', 'the deadline was disposed');

/** Aborts with `timeout` after `ms`; dispose it (`using`) to release its timer. */
export function deadline(
  clock: Clock,
  ms: number,
  what: string,
): { readonly signal: AbortSignal; [Symbol.dispose](): void } {
  const expired = new AbortController();
  const cancel = new AbortController();
  clock.sleep(ms, { signal: cancel.signal }).then(
    () => expired.abort(new CopysetError('timeout', `${what} did not finish within ${ms} ms`)),
    () => undefined, // disposed before it expired
  );
  return { signal: expired.signal, [Symbol.dispose]: () => cancel.abort(disposed) };
}
