/**
 * Why: the receiving end of bytes that cross, read like any other slabs. It gives credit as it is read, so that what
 * was sent and not read yet stays within a window.
 */
import { assert } from '../../base/assert.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Slab } from '../store.ts';
import { fromForm } from './error-form.ts';
import { costOf, type Piece, type StreamMessage, windowBytes } from './messages.ts';
import type { Sender } from './port.ts';

type Drawn = IteratorResult<Slab, undefined>;
type End = Extract<StreamMessage, { kind: 'end' }>;

const ended: Drawn = { done: true, value: undefined };

export type SinkParts = {
  readonly id: number;
  readonly outbox: Sender<StreamMessage>;
  /** Nothing more comes. */
  readonly onOver?: () => void;
};

export class SlabSink implements AsyncIterable<Slab>, AsyncIterator<Slab, undefined> {
  readonly #parts: SinkParts;
  readonly #slabs: Slab[] = [];
  /** To be given as credit. */
  #owed = windowBytes;
  #end: End | undefined;
  #failure: CopysetError | undefined;
  #isOver = false;
  #waiting: PromiseWithResolvers<Drawn> | undefined;

  constructor(parts: SinkParts) {
    this.#parts = parts;
  }

  [Symbol.asyncIterator](): AsyncIterator<Slab, undefined> {
    return this;
  }

  async next(): Promise<Drawn> {
    const slab = this.#slabs.shift();
    if (slab !== undefined) return this.#draw(slab);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isOver) return ended;
    this.#giveCredit();
    this.#waiting = Promise.withResolvers();
    return await this.#waiting.promise;
  }

  /** What was not read goes back, and nothing more comes. */
  async return(): Promise<Drawn> {
    if (!this.#isOver) this.#parts.outbox.add({ kind: 'stop', id: this.#parts.id });
    this.#discard();
    this.#finish();
    return ended;
  }

  push(piece: Piece): void {
    const slab = this.#slabOf(piece);
    if (this.#isOver) slab.release();
    else if (this.#waiting === undefined) this.#slabs.push(slab);
    else this.#settle(({ resolve }) => resolve(this.#draw(slab)));
  }

  end(end: End): void {
    this.#end = end;
    this.#finish();
  }

  fail(error: CopysetError): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#settle(({ reject }) => reject(error));
    this.#finish();
  }

  /** What the source said behind its last slab; rejects as it did. */
  async last(): Promise<unknown> {
    assert(this.#end !== undefined, 'the last is known behind the last slab');
    if (this.#end.failure !== undefined) throw fromForm(this.#end.failure);
    return this.#end.last;
  }

  #draw(slab: Slab): Drawn {
    this.#owed += costOf(slab.bytes.byteLength);
    this.#giveCredit();
    return { done: false, value: slab };
  }

  /** In few messages: a source without credit has sent a whole window, which is owed once it was read. */
  #giveCredit(): void {
    if (this.#owed < windowBytes / 2 || this.#isOver) return;
    this.#parts.outbox.add({ kind: 'draw', id: this.#parts.id, credit: this.#owed });
    this.#owed = 0;
  }

  #slabOf(piece: Piece): Slab {
    if (piece.kind === 'value') return { bytes: piece.bytes, release: () => undefined };
    let isReleased = false;
    const release = () => {
      assert(!isReleased, 'a slab is released once');
      isReleased = true;
      this.#parts.outbox.add({ kind: 'release', loan: piece.loan });
    };
    return { bytes: new Uint8Array(piece.memory, piece.from, piece.bytes), release };
  }

  #discard(): void {
    for (const slab of this.#slabs.splice(0)) slab.release();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(({ resolve }) => resolve(ended));
    this.#parts.onOver?.();
  }

  #settle(act: (waiting: PromiseWithResolvers<Drawn>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) act(waiting);
  }
}
