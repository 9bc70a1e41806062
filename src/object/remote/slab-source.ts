/** Why: the sending end of bytes that cross: pieces are drawn only while the other end gave credit for them. */
import type { Piece } from '../store.ts';
import { toForm } from './error-form.ts';
import type { Lender } from './lender.ts';
import { bytesOf, costOf, type PieceForm, type StreamMessage } from './messages.ts';
import type { Sender } from './port.ts';

export type SourceParts = {
  readonly id: number;
  readonly outbox: Sender<StreamMessage>;
  readonly lender: Lender;
  /** Called behind the last slab; what it says goes with the end. */
  readonly finish?: () => Promise<unknown>;
  /** Nothing more is sent, nor drawn. */
  readonly onOver?: () => void;
};

export class SlabSource {
  #pieces: AsyncIterable<Piece>;
  readonly #parts: SourceParts;
  #credit = 0;
  #hasStarted = false;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(pieces: AsyncIterable<Piece>, parts: SourceParts) {
    this.#pieces = pieces;
    this.#parts = parts;
  }

  /** The first credit starts it; `instead`: what that is to draw. */
  give(credit: number, instead?: () => AsyncIterable<Piece>): void {
    this.#credit += credit;
    if (!this.#hasStarted && instead !== undefined) this.#pieces = instead();
    this.#wake?.();
    if (this.#hasStarted || this.#isStopped) return;
    this.#hasStarted = true;
    void this.#run();
  }

  /** Nobody wants more. What never began is closed as well. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#wake?.();
    if (this.#hasStarted) return;
    void this.#pieces[Symbol.asyncIterator]().return?.();
    this.#parts.onOver?.();
  }

  /** Never rejects: what goes wrong is told to the other end. */
  async #run(): Promise<void> {
    const { id, outbox, onOver } = this.#parts;
    try {
      for await (const piece of this.#pieces) {
        await this.#send(piece);
        if (!(await this.#mayGoOn())) break;
      }
      if (!this.#isStopped) outbox.add({ kind: 'end', id, ...(await this.#last()) });
    } catch (error) {
      if (!this.#isStopped) outbox.add({ kind: 'broken', id, error: toForm(error) });
    }
    onOver?.();
  }

  async #send(drawn: Piece): Promise<void> {
    const { id, lender, outbox } = this.#parts;
    if (this.#isStopped) {
      drawn.release();
      return;
    }
    for (const piece of lender.forms(drawn)) {
      outbox.add({ kind: 'piece', id, piece }, memoryOf(piece));
      this.#credit -= costOf(bytesOf(piece));
      if (!(await this.#mayGoOn())) return;
    }
  }

  /** Waits for credit; false when it is to stop. */
  async #mayGoOn(): Promise<boolean> {
    while (this.#credit <= 0 && !this.#isStopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return !this.#isStopped;
  }

  async #last(): Promise<Pick<Extract<StreamMessage, { kind: 'end' }>, 'last' | 'failure'>> {
    try {
      return { last: await this.#parts.finish?.() };
    } catch (error) {
      return { failure: toForm(error) };
    }
  }
}

/** A copy is the receiver's. */
function memoryOf(piece: PieceForm): readonly ArrayBuffer[] {
  return piece.kind === 'value' ? [piece.bytes.buffer as ArrayBuffer] : [];
}
