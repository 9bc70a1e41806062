/**
 * Why: one budget for the bytes of bodies. Who begins is refused at once when it would wait for longer than it may, so
 * that a client hears it before it sends its body; who was admitted waits for its turn, however long.
 */
import type { Clock } from '../clock.ts';
import { CopysetError } from '../errors.ts';
import { type CallOptions, LinkedAbort, raceAbort, throwIfAborted } from './abort.ts';
import { type Asking, FairShares, type ShareOptions } from './fair-shares.ts';
import type { Permit } from './semaphore.ts';

/** What work needs of a budget. */
export type Memory = {
  readonly capacity: number;
  readonly inUse: number;
  readonly waiting: number;
  /** The most that one can take. */
  readonly mostBytes: number;
  /** To begin: `busy` when it would wait for too long, `request.too_large` when it can never fit. */
  acquire(bytes: number, options?: CallOptions): Promise<Permit>;
  /** To go on: waits for its turn. */
  more(bytes: number, options?: CallOptions): Promise<Permit>;
  /** For what can be left undone: undefined when it would wait. */
  tryAcquire(bytes: number): Permit | undefined;
};

export type MemoryBudgetOptions = ShareOptions & {
  readonly clock: Clock;
  /** Who begins waits no longer. */
  readonly maxWaitMs: number;
};

type Waiting = Asking & { readonly sinceMs: number; readonly aheadBytes: number; readonly grant: () => void };

/** How often all of it may be taken by those who wait, before it is known how fast that goes. */
const roundsAtFirst = 4;
/** How much the last wait counts in what is expected of the next. */
const lastWaitShare = 0.3;

export class MemoryBudget implements Memory {
  readonly #options: MemoryBudgetOptions;
  readonly #shares: FairShares;
  /** For those who want little, and those who want much. */
  readonly #msPerByte = { small: 0, large: 0 };

  constructor(options: MemoryBudgetOptions) {
    this.#options = options;
    this.#shares = new FairShares(options);
  }

  get capacity(): number {
    return this.#options.capacityBytes;
  }

  get inUse(): number {
    return this.#shares.heldBytes;
  }

  get waiting(): number {
    return this.#shares.waiting;
  }

  get mostBytes(): number {
    return this.#shares.mostBytesFor(Number.POSITIVE_INFINITY);
  }

  async acquire(bytes: number, { signal }: CallOptions = {}): Promise<Permit> {
    throwIfAborted(signal);
    const { maxWaitMs } = this.#options;
    if (this.#expectedWaitMs(bytes) > maxWaitMs) throw this.#busy();
    using tooLate = new LinkedAbort(signal);
    const wanted = this.#take(bytes, tooLate.signal);
    if ('release' in wanted) return wanted;
    return await this.#within(wanted, tooLate);
  }

  async more(bytes: number, { signal }: CallOptions = {}): Promise<Permit> {
    throwIfAborted(signal);
    return await this.#take(bytes, signal);
  }

  tryAcquire(bytes: number): Permit | undefined {
    const asking = { bytes };
    return this.#shares.tryAsk(asking) ? this.#permit(asking) : undefined;
  }

  /** What is known of those before: how long the first has waited, and how fast it went lately. */
  #expectedWaitMs(bytes: number): number {
    const before = this.#shares.before(bytes);
    if (before.first === undefined) return 0;
    const { capacityBytes, clock, maxWaitMs } = this.#options;
    const firstWaitsMs = clock.monotonicMs() - (before.first as Waiting).sinceMs;
    const pace = this.#msPerByte[this.#kindOf(bytes)];
    const unknown = pace === 0 && before.bytes + bytes > roundsAtFirst * capacityBytes ? maxWaitMs + 1 : 0;
    return Math.max(firstWaitsMs, unknown, (before.bytes + bytes) * pace);
  }

  async #within(wanted: Promise<Permit>, tooLate: LinkedAbort): Promise<Permit> {
    const { clock, maxWaitMs } = this.#options;
    const cancel = new AbortController();
    const late = clock.sleep(maxWaitMs, cancel).then(
      () => tooLate.abort(this.#busy()),
      () => undefined, // it had its turn in time
    );
    try {
      return await wanted;
    } finally {
      cancel.abort();
      await late;
    }
  }

  #take(bytes: number, signal: AbortSignal | undefined): Permit | Promise<Permit> {
    const most = this.#shares.mostBytesFor(bytes);
    if (bytes > most) {
      throw new CopysetError('request.too_large', `memory for bodies: ${bytes} is more than the limit of ${most}`);
    }
    const { promise, resolve } = Promise.withResolvers<Permit>();
    const waiting: Waiting = {
      bytes,
      sinceMs: this.#options.clock.monotonicMs(),
      aheadBytes: this.#shares.before(bytes).bytes + bytes,
      grant: () => resolve(this.#permit(waiting)),
    };
    if (this.#shares.ask(waiting)) return this.#permit(waiting);
    return this.#turn(waiting, promise, signal);
  }

  async #turn(waiting: Waiting, granted: Promise<Permit>, signal: AbortSignal | undefined): Promise<Permit> {
    try {
      return await raceAbort(granted, signal);
    } catch (error) {
      if (this.#shares.isWaiting(waiting)) this.#goOn(this.#shares.leave(waiting));
      else (await granted).release();
      throw error;
    }
  }

  #permit(asking: Asking): Permit {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#goOn(this.#shares.giveBack(asking));
    };
    return { release, [Symbol.dispose]: release };
  }

  #goOn(served: readonly Asking[]): void {
    for (const each of served as readonly Waiting[]) {
      this.#learn(each);
      each.grant();
    }
  }

  #learn({ bytes, sinceMs, aheadBytes }: Waiting): void {
    const kind = this.#kindOf(bytes);
    const pace = (this.#options.clock.monotonicMs() - sinceMs) / aheadBytes;
    const known = this.#msPerByte[kind];
    this.#msPerByte[kind] = known === 0 ? pace : known + lastWaitShare * (pace - known);
  }

  #kindOf(bytes: number): 'small' | 'large' {
    return this.#shares.isSmall(bytes) ? 'small' : 'large';
  }

  #busy(): CopysetError {
    const { capacityBytes, maxWaitMs } = this.#options;
    return new CopysetError(
      'busy',
      `memory for bodies: all ${capacityBytes} bytes are in use, and ${this.waiting} wait, longer than ${maxWaitMs} ms`,
    );
  }
}
