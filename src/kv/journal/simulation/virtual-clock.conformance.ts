/**
 * Why: hours of retries and time-outs pass in a moment, and always in the same order: time moves only when all else
 * waits.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallOptions, raceAbort } from '../../../base/async/abort.ts';
import type { Clock } from '../../../base/clock.ts';

const turnsToPass = 20;

type Timer = { readonly atMs: number; readonly number: number; readonly fire: () => void };

export class VirtualTime {
  nowMs = 0;
  #timers: Timer[] = [];
  #made = 0;

  /** A clock of one process; after `stop` nothing that sleeps in it wakes up. */
  clock(): { readonly clock: Clock; readonly stop: () => void } {
    const state = { isStopped: false };
    const sleep = async (ms: number, options: CallOptions = {}) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = {
        atMs: this.nowMs + ms,
        number: this.#made++,
        fire: () => (state.isStopped ? undefined : resolve()),
      };
      this.#add(timer);
      try {
        await raceAbort(promise, options.signal);
      } finally {
        this.#timers = this.#timers.filter((one) => one !== timer);
      }
    };
    const nowMs = () => this.nowMs;
    return {
      clock: { wallMs: nowMs, monotonicMs: nowMs, sleep },
      stop: () => Object.assign(state, { isStopped: true }),
    };
  }

  /** Everything that needs no time happens; then the next one who sleeps wakes up. False when nobody sleeps. */
  async step(): Promise<boolean> {
    await nextTurn();
    const next = this.#timers.shift();
    if (next === undefined) return false;
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.fire();
    await nextTurn();
    return true;
  }

  /** Everything that needs no time happens. */
  async pass(): Promise<void> {
    for (let turns = 0; turns < turnsToPass; turns++) await nextTurn();
  }

  /** Steps until `promise` settles; fails when it cannot, or takes longer than `ms`. */
  async until<T>(promise: Promise<T>, ms: number): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    const endMs = this.nowMs + ms;
    for (;;) {
      await nextTurn();
      if (isSettled) return promise;
      const stepped = await this.step();
      if (isSettled) return promise;
      if (!stepped || this.nowMs > endMs) throw new Error(`nothing came of it in ${ms} ms`);
    }
  }

  #add(timer: Timer): void {
    const at = this.#timers.findIndex(({ atMs }) => atMs > timer.atMs);
    this.#timers.splice(at < 0 ? this.#timers.length : at, 0, timer);
  }
}
