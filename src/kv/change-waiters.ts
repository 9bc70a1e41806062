/** Why: embedded drivers hear of every commit themselves, so `changed` is a list of those who wait for a revision. */
import { type CallOptions, raceAbort, throwIfAborted } from '../base/async/abort.ts';
import type { CopysetError } from '../base/errors.ts';
import type { Revision } from './kv.ts';

type Waiter = { readonly after: Revision; readonly settled: PromiseWithResolvers<void> };

export class ChangeWaiters {
  readonly #waiters = new Set<Waiter>();
  #newest: Revision;

  constructor(newest: Revision) {
    this.#newest = newest;
  }

  /** Resolves once a revision above `after` was announced. */
  async wait(after: Revision, options: CallOptions = {}): Promise<void> {
    throwIfAborted(options.signal);
    if (this.#newest > after) return;
    const waiter: Waiter = { after, settled: Promise.withResolvers<void>() };
    this.#waiters.add(waiter);
    try {
      await raceAbort(waiter.settled.promise, options.signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  announce(newest: Revision): void {
    this.#newest = newest;
    for (const waiter of this.#waiters) if (newest > waiter.after) waiter.settled.resolve();
  }

  /** Nothing more will be announced: all who wait reject with `reason`. */
  close(reason: CopysetError): void {
    for (const { settled } of this.#waiters) settled.reject(reason);
  }
}
