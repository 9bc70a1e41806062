/** Why: a client that does nothing is given up, but never while it is us who keep it waiting. */
import type { Clock } from '../../base/clock.ts';

export class Patience {
  readonly #clock: Clock;
  #waitsSinceMs: number | undefined;
  /** Told when the client begins to be waited for, and when that ends. */
  onChange: ((isWaiting: boolean) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on only the client can go on. */
  begin(): void {
    this.#waitsSinceMs = this.#clock.monotonicMs();
    this.onChange?.(true);
  }

  /** It did. Returns for how long it was waited for. */
  end(): number {
    const waitedMs = this.#waitsSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#waitsSinceMs;
    this.#waitsSinceMs = undefined;
    this.onChange?.(false);
    return waitedMs;
  }

  /** Marks the time in which only the client can go on. */
  async during<T>(step: Promise<T>): Promise<T> {
    this.begin();
    try {
      return await step;
    } finally {
      this.end();
    }
  }

  /** Whether the client alone has been waited for during the last `ms`. */
  isExhausted(ms: number): boolean {
    return this.#waitsSinceMs !== undefined && this.#clock.monotonicMs() - this.#waitsSinceMs >= ms;
  }
}
