/**
 * Why: what was verified a moment ago and has not left the memory since need not be verified again before it is sent.
 * The page cache could reload a chunk unseen, so a verification counts for a stated time only; and it counts for one
 * place: a copy written anew, or moved, was not looked at.
 */
import type { Clock } from '../base/clock.ts';

/** Chunks [first, end) of a block that has `of`. */
export type ChunkRange = { readonly first: number; readonly end: number; readonly of: number };

export type VerifiedPlacesOptions = {
  readonly clock: Clock;
  /** 0: nothing counts. */
  readonly lifetimeMs: number;
  /** The oldest blocks are forgotten beyond it; 8 bytes each. */
  readonly maxChunks?: number;
};

export class VerifiedPlaces {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #maxChunks: number;
  /** When each chunk was verified; the place marked last is at the end. */
  readonly #places = new Map<string, Float64Array>();
  #chunks = 0;

  constructor({ clock, lifetimeMs, maxChunks = 2 ** 18 }: VerifiedPlacesOptions) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#maxChunks = maxChunks;
  }

  /** Whether a verification counts at all; else nobody need look for a place. */
  get counts(): boolean {
    return this.#lifetimeMs > 0;
  }

  mark(place: string, { first, end, of }: ChunkRange): void {
    if (!this.counts) return;
    const times = this.#places.get(place) ?? new Float64Array(of).fill(Number.NEGATIVE_INFINITY);
    times.fill(this.#clock.monotonicMs(), first, end);
    this.#forget(place);
    this.#places.set(place, times);
    this.#chunks += times.length;
    for (const oldest of this.#places.keys()) {
      if (this.#chunks <= this.#maxChunks || oldest === place) break;
      this.#forget(oldest);
    }
  }

  /** True when each of these chunks was verified within the lifetime. */
  covers(place: string, { first, end }: ChunkRange): boolean {
    const times = this.#places.get(place);
    if (times === undefined) return false;
    const oldestMs = this.#clock.monotonicMs() - this.#lifetimeMs;
    for (let chunk = first; chunk < end; chunk++)
      if ((times[chunk] ?? Number.NEGATIVE_INFINITY) < oldestMs) return false;
    return true;
  }

  #forget(place: string): void {
    const times = this.#places.get(place);
    if (times === undefined) return;
    this.#places.delete(place);
    this.#chunks -= times.length;
  }
}
