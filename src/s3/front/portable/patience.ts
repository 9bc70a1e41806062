/** Why: a client that does nothing is given up, but never while it is us who keep it waiting. */
import type { Clock } from '../../../base/clock.ts';

export class Patience {
  readonly #clock: Clock;
  #waitsSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Marks the time in which only the client can go on. */
  async during<T>(step: Promise<T>): Promise<T> {
    this.#waitsSinceMs = this.#clock.monotonicMs();
    try {
      return await step;
    } finally {
      this.#waitsSinceMs = undefined;
    }
  }

  /** Whether the client alone has been waited for during the last `ms`. */
  isExhausted(ms: number): boolean {
    return this.#waitsSinceMs !== undefined && this.#clock.monotonicMs() - this.#waitsSinceMs >= ms;
  }
}
