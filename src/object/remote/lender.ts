/**
 * Why: what is large crosses between threads as a loan of shared memory, so that nobody copies it. What lies in memory
 * of one thread is copied into shared memory that is used again and again: memory that was made for it and then dropped
 * would wait for a collector that does not count it. What is small is cheaper copied than lent and given back. A place
 * in an open file is lent as it is: descriptors hold for all threads of a process.
 */
import type { Extent, Piece, Slab } from '../store.ts';
import type { PieceForm } from './messages.ts';

/** Up to here a piece goes as a copy. */
const valueBytes = 16 * 1024;
const copyBytes = 256 * 1024;
const maxFreeCopies = 128;

type Loan = {
  release(): void;
  /** Somebody may look at it still. */
  abandon(): void;
  /** Of a place in a file. */
  readonly extent?: Extent;
};

export class Lender {
  readonly #loans = new Map<number, Loan>();
  readonly #free: Uint8Array<SharedArrayBuffer>[] = [];
  #lastLoan = 0;

  get loans(): number {
    return this.#loans.size;
  }

  /** Takes the piece over; it is released when its forms were given back, or need it no longer. */
  *forms(piece: Piece): Generator<PieceForm> {
    if ('span' in piece) {
      const release = () => piece.release();
      yield { kind: 'span', span: piece.span, loan: this.#lend({ release, abandon: release, extent: piece }) };
    } else yield* this.#formsOf(piece);
  }

  /** What is left of a place in a file that is lent; undefined when it is no more. */
  rest(loan: number, sent: number): AsyncIterable<Slab> | undefined {
    return this.#loans.get(loan)?.extent?.rest(sent);
  }

  giveBack(loan: number, isAbandoned = false): void {
    const lent = this.#loans.get(loan);
    this.#loans.delete(loan);
    if (isAbandoned) lent?.abandon();
    else lent?.release();
  }

  /** Whoever borrowed is gone. */
  giveBackAll(): void {
    for (const loan of [...this.#loans.keys()]) this.giveBack(loan);
  }

  *#formsOf(slab: Slab): Generator<PieceForm> {
    const { bytes } = slab;
    if (bytes.byteLength > valueBytes && bytes.buffer instanceof SharedArrayBuffer) {
      const release = () => slab.release();
      const abandon = () => (slab.abandon === undefined ? slab.release() : slab.abandon());
      yield this.#lendMemory(bytes as Uint8Array<SharedArrayBuffer>, { release, abandon });
      return;
    }
    try {
      if (bytes.byteLength <= valueBytes) yield { kind: 'value', bytes: new Uint8Array(bytes) };
      else yield* this.#copies(bytes);
    } finally {
      slab.release();
    }
  }

  *#copies(bytes: Uint8Array): Generator<PieceForm> {
    for (let at = 0; at < bytes.byteLength; at += copyBytes) {
      const part = bytes.subarray(at, at + copyBytes);
      const memory = this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(copyBytes));
      memory.set(part);
      const release = () => {
        if (this.#free.length < maxFreeCopies) this.#free.push(memory);
      };
      yield this.#lendMemory(memory.subarray(0, part.byteLength), { release, abandon: () => undefined });
    }
  }

  #lendMemory({ buffer, byteOffset, byteLength }: Uint8Array<SharedArrayBuffer>, loan: Loan): PieceForm {
    return { kind: 'loan', memory: buffer, from: byteOffset, bytes: byteLength, loan: this.#lend(loan) };
  }

  #lend(loan: Loan): number {
    this.#lastLoan += 1;
    this.#loans.set(this.#lastLoan, loan);
    return this.#lastLoan;
  }
}
