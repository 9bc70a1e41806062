/** Why: reads go where they were fast lately, and are hedged when they take longer than nearly all did. */

export type LatencyOptions = { readonly window: number; readonly smoothing: number };

const defaults: LatencyOptions = { window: 128, smoothing: 0.2 };

/** A smoothed mean and the 95th percentile of the last reads of one volume. */
export class LatencyTracker {
  readonly #options: LatencyOptions;
  readonly #recentMs: number[] = [];
  #next = 0;
  #smoothedMs = 0;

  constructor(options: LatencyOptions = defaults) {
    this.#options = options;
  }

  record(ms: number): void {
    const { window, smoothing } = this.#options;
    this.#smoothedMs = this.#recentMs.length === 0 ? ms : this.#smoothedMs + smoothing * (ms - this.#smoothedMs);
    this.#recentMs[this.#next] = ms;
    this.#next = (this.#next + 1) % window;
  }

  get smoothedMs(): number {
    return this.#smoothedMs;
  }

  /** Undefined until something was recorded. */
  get p95Ms(): number | undefined {
    const sorted = this.#recentMs.toSorted((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  }
}
