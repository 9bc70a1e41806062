/** Why: every reply tells the time, in whole seconds: it is put into words once a second. */
import type { Clock } from '../../base/clock.ts';
import { httpTime } from '../time.ts';

export class HttpDate {
  readonly #clock: Clock;
  #second = Number.NaN;
  #text = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): string {
    const second = Math.floor(this.#clock.wallMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = httpTime(second * 1000);
    }
    return this.#text;
  }
}
