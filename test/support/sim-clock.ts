/**
 * Why: in a simulation hours pass in a moment, and always in the same order: time moves to the next sleeper only when
 * everything else waits. So one seed is one history.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallOptions, raceAbort } from '../../src/base/async/abort.ts';
import type { Clock } from '../../src/base/clock.ts';
import { CopysetError } from '../../src/base/errors.ts';

type Timer = { readonly atMs: number; readonly number: number; readonly wake: () => void; cancelled: boolean };

/** What clocks show when a simulation begins: any moment of our time. */
const epochMs = 1_800_000_000_000;

export class SimTime {
  #nowMs = 0;
  #made = 0;
  readonly #timers = new TimerHeap();

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The clock of one process. After `stop` nobody who sleeps by it wakes up: the process is dead. */
  clock(): SimClock {
    return new SimClock(this);
  }

  /**
   * Lets things happen until the promise settles. Fails when nothing is left that could, or when `mostMs` have passed.
   */
  async run<T>(promise: Promise<T>, mostMs: number, what: string): Promise<T> {
    const endMs = this.#nowMs + mostMs;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    for (await nextTurn(); !settled; await nextTurn()) {
      const timer = this.#timers.take();
      if (timer === undefined) throw new CopysetError('bug', `${what}: everybody waits and nobody sleeps`);
      if (timer.atMs > endMs) throw new CopysetError('timeout', `${what}: not done after ${mostMs} ms`);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.wake();
    }
    return promise;
  }

  /** For `SimClock`. */
  sleeper(ms: number, wake: () => void): { cancel(): void } {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), number: this.#made++, wake, cancelled: false };
    this.#timers.add(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }
}

export class SimClock implements Clock {
  readonly #time: SimTime;
  #stopped = false;

  constructor(time: SimTime) {
    this.#time = time;
  }

  /** Whether its process is dead. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  wallMs(): number {
    return epochMs + Math.floor(this.#time.nowMs);
  }

  monotonicMs(): number {
    return this.#time.nowMs;
  }

  async sleep(ms: number, options: CallOptions = {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = this.#time.sleeper(ms, () => {
      if (!this.#stopped) resolve();
    });
    try {
      await raceAbort(promise, options.signal);
    } finally {
      sleeper.cancel();
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** The earliest first; of one moment whoever slept first. */
class TimerHeap {
  readonly #timers: Timer[] = [];

  add(timer: Timer): void {
    this.#timers.push(timer);
    for (let at = this.#timers.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  /** Those that were cancelled are dropped on the way. */
  take(): Timer | undefined {
    for (;;) {
      const first = this.#timers[0];
      const last = this.#timers.pop();
      if (first === undefined || last === undefined) return undefined;
      if (first !== last) {
        this.#timers[0] = last;
        this.#sink();
      }
      if (!first.cancelled) return first;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#timers.length) return;
      const child =
        left + 1 < this.#timers.length && isBefore(this.#timer(left + 1), this.#timer(left)) ? left + 1 : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #timer(at: number): Timer {
    return this.#timers[at] as Timer;
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [one, other] = [this.#timer(child), this.#timer(parent)];
    if (!isBefore(one, other)) return false;
    this.#timers[child] = other;
    this.#timers[parent] = one;
    return true;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.atMs - other.atMs < 0 || (one.atMs === other.atMs && one.number < other.number);
}
