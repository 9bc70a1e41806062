/**
 * Why: every asynchronous call can be given up. The promises of this file are what `{signal}` means everywhere:
 * checked before, raced during, the listener removed after. The abandoned work settles on its own; whoever owns
 * the resource frees it only then.
 */
import { CopysetError } from '../errors.ts';

/** The last parameter of every asynchronous call. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/** The error of an aborted call. The reason given to `abort(reason)` becomes its cause. */
export function abortedError(signal: AbortSignal): CopysetError {
  if (signal.reason instanceof CopysetError) return signal.reason;
  return new CopysetError('request.aborted', 'the operation was aborted', { cause: signal.reason });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** Settles as `work` does, or rejects as soon as the signal aborts. `work` itself goes on. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
    work.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error); // when the signal came first, nobody hears of it: its owner has its own handler
      },
    );
  });
}

/** A signal that another one aborts too, until it is disposed: unlike `anySignal` it leaves the collector no work. */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#parent?.reason);

  constructor(parent: AbortSignal | undefined) {
    this.#parent = parent;
    if (parent?.aborted) this.#onAbort();
    else parent?.addEventListener('abort', this.#onAbort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#parent?.removeEventListener('abort', this.#onAbort);
  }
}

/** One signal that aborts with the first of those given; undefined ones are left out. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
