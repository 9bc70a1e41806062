/**
 * Why: every contract has a wrapper that makes calls fail on purpose (disk/faults, kv/faults, volume/faults, ...).
 * All ask one schedule, driven by a seed, so that a failure found once replays, and a run can show which faults it
 * took, and where.
 */
import { assert } from './assert.ts';
import { type CallOptions, raceAbort, throwIfAborted } from './async/abort.ts';
import type { Clock } from './clock.ts';
import { type Random, seededRandom } from './random.ts';

/**
 * What can befall one call: it fails and nothing happened (`error`), there is no room (`full`), it takes long
 * (`delay`) or until `release` (`hang`), only a part happens and it fails (`torn`), one bit of its bytes is wrong
 * (`flip`), it happens but its answer is lost (`unknown`).
 */
export type Fault = 'error' | 'full' | 'delay' | 'hang' | 'torn' | 'flip' | 'unknown';

export type FaultPlan = {
  readonly seed: number;
  /** Chance per call in [0, 1], by `operation:fault`, else `*:fault`, else 0. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Upper bound of a `delay`; 100 when left out. */
  readonly maxDelayMs?: number;
  /** Lower bound of a `delay`; 0 when left out. */
  readonly leastDelayMs?: number;
};

/** Decides, call by call, what goes wrong. */
export class FaultSchedule {
  /** For what a wrapper draws besides: which bit flips, where a write tears. */
  readonly random: Random;
  readonly #rates: Readonly<Record<string, number>>;
  readonly #maxDelayMs: number;
  readonly #leastDelayMs: number;
  readonly #calls = new Map<string, number>();
  readonly #forced = new Map<string, Fault>();
  readonly #fired = new Map<string, number>();
  #paused = false;
  #released = Promise.withResolvers<void>();

  constructor(plan: FaultPlan) {
    this.random = seededRandom(plan.seed);
    this.#rates = plan.rates ?? {};
    this.#maxDelayMs = plan.maxDelayMs ?? 100;
    this.#leastDelayMs = plan.leastDelayMs ?? 0;
  }

  /** How often each fault fired, by `operation:fault`; 0 for one that had a chance and never did. */
  get fired(): ReadonlyMap<string, number> {
    return this.#fired;
  }

  /** How often each operation was called. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  /** The `nth` call of `operation` from now (1: the next one) gets `fault`, also while paused. */
  force(operation: string, fault: Fault, nth = 1): void {
    this.#forced.set(`${operation}#${(this.#calls.get(operation) ?? 0) + nth}`, fault);
  }

  /** While paused only forced faults fire: a schedule heals so that the end state can be checked. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** The fault of this call out of those that its wrapper can play, if any. */
  next<F extends Fault>(operation: string, possible: readonly F[]): F | undefined {
    const call = (this.#calls.get(operation) ?? 0) + 1;
    this.#calls.set(operation, call);
    const fault = this.#takeForced(operation, call, possible) ?? this.#draw(operation, possible);
    if (fault !== undefined) this.#count(operation, fault, 1);
    return fault;
  }

  #takeForced<F extends Fault>(operation: string, call: number, possible: readonly F[]): F | undefined {
    const wanted = this.#forced.get(`${operation}#${call}`);
    if (wanted === undefined) return undefined;
    this.#forced.delete(`${operation}#${call}`);
    const fault = possible.find((one) => one === wanted);
    assert(fault !== undefined, `${operation} can have the fault ${wanted}`);
    return fault;
  }

  #draw<F extends Fault>(operation: string, possible: readonly F[]): F | undefined {
    if (this.#paused) return undefined;
    const chances = possible.map((fault) => ({ fault, rate: this.#rateOf(operation, fault) }));
    const likely = chances.filter(({ rate }) => rate > 0);
    for (const { fault } of likely) this.#count(operation, fault, 0);
    return likely.find(({ rate }) => this.random.float() < rate)?.fault;
  }

  #rateOf(operation: string, fault: Fault): number {
    return this.#rates[`${operation}:${fault}`] ?? this.#rates[`*:${fault}`] ?? 0;
  }

  #count(operation: string, fault: Fault, times: number): void {
    const key = `${operation}:${fault}`;
    this.#fired.set(key, (this.#fired.get(key) ?? 0) + times);
  }

  /** Plays a `delay` or a `hang`; the call goes on after it. */
  async stall(fault: 'delay' | 'hang', clock: Clock, options: CallOptions = {}): Promise<void> {
    const spreadMs = this.#maxDelayMs - this.#leastDelayMs;
    if (fault === 'delay') await clock.sleep(this.#leastDelayMs + this.random.float() * spreadMs, options);
    else await raceAbort(this.#released.promise, options.signal);
  }

  /** Lets all calls that hang go on. */
  release(): void {
    this.#released.resolve();
    this.#released = Promise.withResolvers<void>();
  }

  /** A copy of `bytes` with one bit flipped; empty ones stay as they are. */
  flip(bytes: Uint8Array): Uint8Array {
    const flipped = bytes.slice();
    const at = this.random.integer(bytes.byteLength);
    if (bytes.byteLength > 0) flipped[at] = (flipped[at] as number) ^ (1 << this.random.integer(8));
    return flipped;
  }
}

/** What every wrapper is given. */
export type Faults = { readonly schedule: FaultSchedule; readonly clock: Clock };

export type FaultyCall = {
  readonly operation: string;
  readonly possible: readonly Fault[];
  readonly options?: CallOptions | undefined;
};

/** Draws a fault, stalls here, leaves other faults to `work`. What was given up in a stall still happens after it. */
export async function withFault<T>(
  { schedule, clock }: Faults,
  { operation, possible, options = {} }: FaultyCall,
  work: (fault: Fault | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal);
  const fault = schedule.next(operation, possible);
  const played = async () => {
    if (fault !== 'delay' && fault !== 'hang') return work(fault);
    await schedule.stall(fault, clock);
    return work(undefined);
  };
  return raceAbort(played(), options.signal);
}
