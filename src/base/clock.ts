/**
 * Why: time comes in by the door, so that a seed can drive it. Wall time is for display, stamps and expiry hints;
 * durations and deadlines use monotonic time only.
 */
import { abortedError, type CallOptions, LinkedAbort } from './async/abort.ts';
import { CopysetError } from './errors.ts';

export type Clock = {
  /** Milliseconds since the epoch, UTC; may step. */
  wallMs(): number;
  /** Milliseconds since some fixed moment; never steps back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with `request.aborted` at once when the signal aborts. */
  sleep(ms: number, options?: CallOptions): Promise<void>;
};

function sleepByTimer(ms: number, { signal }: CallOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError(signal));
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortedError(signal as AbortSignal));
    };
    signal?.addEventListener('abort', onAbort);
  });
}

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: sleepByTimer,
};

/** Runs `act` behind all that this turn of the event loop has to do, so that it is done once for all of it. */
export function afterTurn(act: () => void): void {
  setImmediate(act);
}

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

export type Deadline = Disposable & { readonly signal: AbortSignal };

/**
 * Aborts with `timeout` after `ms`, or as `signal` does; dispose it (`using`) to release its timer and let go of
 * that signal.
 */
export function deadline(clock: Clock, ms: number, what: string, { signal }: CallOptions = {}): Deadline {
  const expired = new LinkedAbort(signal);
  const cancel = new AbortController();
  clock.sleep(ms, { signal: cancel.signal }).then(
    () => expired.abort(new CopysetError('timeout', `${what} did not finish within ${ms} ms`)),
    () => undefined, // disposed before it expired
  );
  return {
    signal: expired.signal,
    [Symbol.dispose]: () => {
      expired[Symbol.dispose]();
      cancel.abort(disposed);
    },
  };
}
