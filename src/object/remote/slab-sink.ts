/**
 * Why: the receiving end of bytes that cross, read like any other. It gives credit as it is read, so that what
 * was sent and not read yet stays within a window.
 */
import { assert } from '../../base/assert.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Piece } from '../store.ts';
import { fromForm } from './error-form.ts';
import { costOf, type PieceForm, type StreamMessage, windowBytes } from './messages.ts';
import type { Sender } from './port.ts';

type Drawn<T> = IteratorResult<T, undefined>;
type End = Extract<StreamMessage, { kind: 'end' }>;

const ended: Drawn<never> = { done: true, value: undefined };

export type SinkParts<T extends Piece> = {
  readonly id: number;
  /** What a piece is to its reader. */
  readonly borrow: (form: PieceForm) => T;
  readonly outbox: Sender<StreamMessage>;
  /** Nothing more comes. */
  readonly onOver?: () => void;
};

export class SlabSink<T extends Piece> implements AsyncIterable<T>, AsyncIterator<T, undefined> {
  readonly #parts: SinkParts<T>;
  readonly #pieces: T[] = [];
  /** To be given as credit. */
  #owed = windowBytes;
  #end: End | undefined;
  #failure: CopysetError | undefined;
  #isOver = false;
  #isLent = false;
  #waiting: PromiseWithResolvers<Drawn<T>> | undefined;

  constructor(parts: SinkParts<T>) {
    this.#parts = parts;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this;
  }

  /** From the first one on places in files are drawn as well. */
  drawLent(): this {
    this.#isLent = true;
    return this;
  }

  async next(): Promise<Drawn<T>> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return this.#draw(piece);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isOver) return ended;
    this.#giveCredit();
    this.#waiting = Promise.withResolvers();
    return await this.#waiting.promise;
  }

  /** What was not read goes back, and nothing more comes. */
  async return(): Promise<Drawn<T>> {
    if (!this.#isOver) this.#parts.outbox.add({ kind: 'stop', id: this.#parts.id });
    this.#discard();
    this.#finish();
    return ended;
  }

  push(form: PieceForm): void {
    const piece = this.#parts.borrow(form);
    if (this.#isOver) piece.release();
    else if (this.#waiting === undefined) this.#pieces.push(piece);
    else this.#settle(({ resolve }) => resolve(this.#draw(piece)));
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

  #draw(piece: T): Drawn<T> {
    this.#owed += costOf('span' in piece ? piece.span.bytes : piece.bytes.byteLength);
    this.#giveCredit();
    return { done: false, value: piece };
  }

  /** In few messages: a source without credit has sent a whole window, which is owed once it was read. */
  #giveCredit(): void {
    if (this.#owed < windowBytes / 2 || this.#isOver) return;
    const { id, outbox } = this.#parts;
    outbox.add({ kind: 'draw', id, credit: this.#owed, lent: this.#isLent });
    this.#owed = 0;
  }

  #discard(): void {
    for (const piece of this.#pieces.splice(0)) piece.release();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(({ resolve }) => resolve(ended));
    this.#parts.onOver?.();
  }

  #settle(act: (waiting: PromiseWithResolvers<Drawn<T>>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) act(waiting);
  }
}
