/**
 * Why: everything is bounded, in counts and in bytes, and served in order of arrival.
 * A permit is returned exactly once, by `release()` or `using`.
 */
import { assert } from '../assert.ts';
import { CopysetError } from '../errors.ts';
import { abortedError, type CallOptions, throwIfAborted } from './abort.ts';

export type Permit = { release(): void; [Symbol.dispose](): void };

/** Of what need not be waited for. */
export const noPermit: Permit = { release: () => undefined, [Symbol.dispose]: () => undefined };

type Waiter = { readonly amount: number; readonly grant: () => void };

/** `capacity` units, handed out in order of arrival; `maxWaiters` bounds the queue: beyond it the answer is `busy`. */
export class Semaphore {
  readonly #capacity: number;
  readonly #maxWaiters: number;
  readonly #name: string;
  readonly #waiters: Waiter[] = [];
  #free: number;

  constructor(name: string, capacity: number, maxWaiters: number) {
    assert(capacity > 0, `${name}: a capacity above zero`);
    this.#name = name;
    this.#capacity = capacity;
    this.#free = capacity;
    this.#maxWaiters = maxWaiters;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get inUse(): number {
    return this.#capacity - this.#free;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** At once, or undefined. Never overtakes somebody who waits. */
  tryAcquire(amount = 1): Permit | undefined {
    if (this.#waiters.length > 0 || amount > this.#free) return undefined;
    this.#free -= amount;
    return this.#permit(amount);
  }

  /** Waits for its turn. Rejects with `busy` when too many wait, with `request.too_large` when it can never fit. */
  async acquire(amount = 1, options: CallOptions = {}): Promise<Permit> {
    const { signal } = options;
    throwIfAborted(signal);
    if (amount > this.#capacity) {
      throw new CopysetError(
        'request.too_large',
        `${this.#name}: ${amount} is more than the limit of ${this.#capacity}`,
      );
    }
    const permit = this.tryAcquire(amount);
    if (permit !== undefined) return permit;
    if (this.#waiters.length >= this.#maxWaiters) {
      throw new CopysetError(
        'busy',
        `${this.#name}: the limit of ${this.#capacity} is in use and ${this.#waiters.length} wait`,
      );
    }
    return this.#enqueue(amount, signal);
  }

  /** Runs `work` while it holds `amount`. */
  async use<T>(amount: number, work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    using _ = await this.acquire(amount, options);
    return await work();
  }

  #enqueue(amount: number, signal: AbortSignal | undefined): Promise<Permit> {
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    const onAbort = () => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      reject(abortedError(signal as AbortSignal));
      this.#serve();
    };
    const waiter: Waiter = {
      amount,
      grant: () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(this.#permit(amount));
      },
    };
    this.#waiters.push(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  #permit(amount: number): Permit {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#free += amount;
      this.#serve();
    };
    return { release, [Symbol.dispose]: release };
  }

  #serve(): void {
    for (let next = this.#waiters[0]; next !== undefined && next.amount <= this.#free; next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#free -= next.amount;
      next.grant();
    }
  }
}
