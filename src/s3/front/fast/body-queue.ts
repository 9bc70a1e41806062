/** Why: what came of a body and was not drawn yet; bounded, because its connection reads no more while it is full. */
import type { CopysetError } from '../../../base/errors.ts';
import type { Slab } from '../../../object/store.ts';

type Drawn = IteratorResult<Slab, undefined>;

const ended: Drawn = { done: true, value: undefined };

export class BodyQueue {
  readonly #maxBytes: number;
  #slabs: Slab[] = [];
  #bytes = 0;
  #hasEnded = false;
  #isDiscarded = false;
  #failure: CopysetError | undefined;
  #waiting: PromiseWithResolvers<Drawn> | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** Whether somebody waits for the next piece. */
  get isAwaited(): boolean {
    return this.#waiting !== undefined;
  }

  push(slab: Slab): void {
    if (this.#isDiscarded) slab.release();
    else if (this.#waiting === undefined) this.#keep(slab);
    else this.#settle(({ resolve }) => resolve({ done: false, value: slab }));
  }

  end(): void {
    this.#hasEnded = true;
    this.#settle(({ resolve }) => resolve(ended));
  }

  /** Who draws is told so at once; what was not drawn goes back. */
  fail(error: CopysetError): void {
    if (this.#hasEnded && this.#slabs.length === 0) return;
    this.#failure ??= error;
    this.discard();
    this.#settle(({ reject }) => reject(error));
  }

  /** Nothing more is drawn. */
  discard(): void {
    this.#isDiscarded = true;
    for (const slab of this.#slabs.splice(0)) slab.release();
    this.#bytes = 0;
  }

  async draw(): Promise<Drawn> {
    if (this.#failure !== undefined) throw this.#failure;
    const slab = this.#slabs.shift();
    if (slab !== undefined) {
      this.#bytes -= slab.bytes.byteLength;
      return { done: false, value: slab };
    }
    if (this.#hasEnded) return ended;
    this.#waiting = Promise.withResolvers();
    return await this.#waiting.promise;
  }

  #keep(slab: Slab): void {
    this.#slabs.push(slab);
    this.#bytes += slab.bytes.byteLength;
  }

  #settle(act: (waiting: PromiseWithResolvers<Drawn>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) act(waiting);
  }
}
