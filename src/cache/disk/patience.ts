/** Why: a tier must never make a read wait for a disk that hangs: its calls are limited in time, then it rests. */
import type { CallOptions } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { toCopysetError } from '../../base/errors.ts';

export type PatienceOptions = {
  readonly clock: Clock;
  /** A call that the disk does not answer in this time has failed, and the tier rests for `retryAfterMs`. */
  readonly callTimeoutMs: number;
  readonly retryAfterMs: number;
};

export class Patience {
  readonly #options: PatienceOptions;
  #failures = 0;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** True for a while after a call that took too long. */
  get rests(): boolean {
    return this.#options.clock.monotonicMs() < this.#restsUntilMs;
  }

  /** True when the work was done in time; what the disk failed is counted, a bug is thrown. */
  async attempt(work: (call: CallOptions) => Promise<unknown>): Promise<boolean> {
    const { clock, callTimeoutMs, retryAfterMs } = this.#options;
    using limit = deadline(clock, callTimeoutMs, 'a call of the cache tier');
    try {
      await work({ signal: limit.signal });
      return true;
    } catch (error) {
      const failure = toCopysetError(error);
      if (failure.kind === 'bug') throw failure;
      if (limit.signal.aborted) this.#restsUntilMs = clock.monotonicMs() + retryAfterMs;
      this.#failures++;
      return false;
    }
  }
}
