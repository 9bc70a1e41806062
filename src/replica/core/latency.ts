/**
 * Why: reads go where they were fast lately, and are hedged when they take longer than nearly all did. Pure: times come
 * in.
 */

export type LatencyOptions = {
  /** Reads that the percentile is taken over. */
  readonly window: number;
  /** Weight of the newest read in the mean. */
  readonly smoothing: number;
  /** What was seen so long ago counts half: a volume that was slow is tried again after a while. */
  readonly halfLifeMs: number;
};

/**
 * Where 3 reads in 100 are slow, a percentile of 128 is one of the slow ones in one case of eleven, by chance, and
 * hedges come far too late until they are out of it; of 512 reads, in less than one of a hundred.
 */
const defaults: LatencyOptions = { window: 512, smoothing: 0.2, halfLifeMs: 10_000 };

/** The percentile is computed anew when so much of the window is. */
const refreshShare = 1 / 8;

/** A smoothed mean and the 95th percentile of the last reads of one volume. */
export class LatencyTracker {
  readonly #options: LatencyOptions;
  readonly #recentMs: Float64Array;
  #recorded = 0;
  #smoothedMs = 0;
  #lastAtMs = 0;
  #p95Ms: number | undefined;

  constructor(options: LatencyOptions = defaults) {
    this.#options = options;
    this.#recentMs = new Float64Array(options.window);
  }

  /** A read took so long; `atMs` is monotonic. */
  record(ms: number, atMs: number): void {
    const { window, smoothing } = this.#options;
    this.#smoothedMs = this.#recorded === 0 ? ms : this.#smoothedMs + smoothing * (ms - this.#smoothedMs);
    this.#recentMs[this.#recorded % window] = ms;
    this.#lastAtMs = atMs;
    const refreshEvery = Math.ceil(window * refreshShare);
    this.#recorded += 1;
    if (this.#recorded <= refreshEvery || this.#recorded % refreshEvery === 1)
      this.#p95Ms = p95(this.#recentMs.subarray(0, this.#recorded));
  }

  /** A read was given up after so long. It says something only when others were faster. */
  recordAtLeast(ms: number, atMs: number): void {
    if (ms > this.#smoothedMs) this.record(ms, atMs);
  }

  /** As last seen; 0 until something was recorded. */
  get smoothedMs(): number {
    return this.#smoothedMs;
  }

  /** What a read may be expected to take now. */
  expectedMs(atMs: number): number {
    return this.#smoothedMs * 0.5 ** (Math.max(0, atMs - this.#lastAtMs) / this.#options.halfLifeMs);
  }

  /** Undefined until something was recorded. */
  get p95Ms(): number | undefined {
    return this.#p95Ms;
  }
}

function p95(valuesMs: Float64Array): number | undefined {
  const sorted = valuesMs.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
}
