/**
 * Why: versions of a key are ordered by their stamps, whatever the machine's clock does: a hybrid logical clock
 * (Kulkarni and others, "Logical Physical Clocks", 2014) that never gives a stamp twice, so that a version id means one
 * version for ever.
 */
import type { Clock } from '../base/clock.ts';

/** Counter steps within a millisecond of a stamp. */
export const stampsPerMs = 1024;

export type Stamp = { readonly stamp: number; readonly modifiedAtMs: number };

export class Stamps {
  readonly #clock: Clock;
  #last: number;

  /** All that it gives are greater than `last`. */
  constructor(clock: Clock, last = 0) {
    this.#clock = clock;
    this.#last = last;
  }

  /** Greater than `after` and than all that were given before. */
  next(after = 0): Stamp {
    const modifiedAtMs = Math.floor(this.#clock.wallMs());
    this.#last = Math.max(modifiedAtMs * stampsPerMs, after + 1, this.#last + 1);
    return { stamp: this.#last, modifiedAtMs };
  }
}
