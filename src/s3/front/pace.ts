/**
 * Why: a client that sends a byte now and then is never silent and never done. Over each stretch of waiting for it, it
 * must bring so many bytes; the time in which it waits for us does not count.
 */
import { CopysetError } from '../../base/errors.ts';

export type PaceOptions = {
  readonly bytesPerSecond: number;
  /** The stretch over which it is measured. */
  readonly stretchMs: number;
};

export class Pace {
  readonly #options: PaceOptions;
  #waitedMs = 0;
  #bytes = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Takes note of bytes that came after so long a wait; throws when they are too few. */
  count(bytes: number, waitedMs: number): void {
    const { bytesPerSecond, stretchMs } = this.#options;
    this.#waitedMs += waitedMs;
    this.#bytes += bytes;
    if (this.#waitedMs < stretchMs) return;
    if (this.#bytes < (bytesPerSecond * this.#waitedMs) / 1000) {
      throw tooSlow(`The body came at less than ${bytesPerSecond} bytes a second`);
    }
    this.#waitedMs = 0;
    this.#bytes = 0;
  }

  /** How long a client may take for so many bytes. */
  patienceMs(bytes: number): number {
    const { bytesPerSecond, stretchMs } = this.#options;
    return stretchMs + (bytes * 1000) / bytesPerSecond;
  }
}

/** Like every client that does not go on, it has given up its request; if it still listens, it is told why. */
export function tooSlow(why: string): CopysetError {
  return new CopysetError('request.aborted', why, { details: { s3: 'RequestTimeout' } });
}
