/**
 * Why: what is free on a device is asked for before something is written, but not before each group: where there is
 * plenty, what was told a moment ago, less what was written since, is good enough. A device that fills up faster than
 * that says so at the write.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disk } from '../../disk/disk.ts';

export type KnownRoomOptions = {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Where less is free, it is asked for each time. */
  readonly plentyBytes: number;
  /** Others write to the same device. */
  readonly maxAgeMs: number;
};

export class KnownRoom {
  readonly #options: KnownRoomOptions;
  #freeBytes = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: KnownRoomOptions) {
    this.#options = options;
  }

  /** Of the device, in bytes. */
  async free(options?: CallOptions): Promise<number> {
    const { disk, clock, plentyBytes, maxAgeMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#freeBytes >= plentyBytes && nowMs - this.#askedAtMs < maxAgeMs) return this.#freeBytes;
    this.#freeBytes = (await disk.space(options)).freeBytes;
    this.#askedAtMs = nowMs;
    return this.#freeBytes;
  }

  wrote(bytes: number): void {
    this.#freeBytes -= bytes;
  }

  /** It was less than that. */
  forget(): void {
    this.#freeBytes = 0;
  }
}
