/**
 * Why: what is large crosses between threads as a loan of shared memory, so that nobody copies it. What lies in memory
 * of one thread is copied into shared memory that is used again and again: memory that was made for it and then dropped
 * would wait for a collector that does not count it. What is small is cheaper copied than lent and given back.
 */
import type { Slab } from '../store.ts';
import type { Piece } from './messages.ts';

/** Up to here a piece goes as a copy. */
const valueBytes = 16 * 1024;
const copyBytes = 256 * 1024;
const maxFreeCopies = 128;

export class Lender {
  readonly #loans = new Map<number, () => void>();
  readonly #free: Uint8Array<SharedArrayBuffer>[] = [];
  #lastLoan = 0;

  get loans(): number {
    return this.#loans.size;
  }

  /** Takes the slab over; it is released when its pieces were given back, or need it no longer. */
  *pieces(slab: Slab): Generator<Piece> {
    const { bytes } = slab;
    if (bytes.byteLength > valueBytes && bytes.buffer instanceof SharedArrayBuffer) {
      yield this.#lend(bytes as Uint8Array<SharedArrayBuffer>, () => slab.release());
      return;
    }
    try {
      if (bytes.byteLength <= valueBytes) yield { kind: 'value', bytes: new Uint8Array(bytes) };
      else yield* this.#copies(bytes);
    } finally {
      slab.release();
    }
  }

  giveBack(loan: number): void {
    const release = this.#loans.get(loan);
    this.#loans.delete(loan);
    release?.();
  }

  /** Whoever borrowed is gone. */
  giveBackAll(): void {
    for (const loan of [...this.#loans.keys()]) this.giveBack(loan);
  }

  *#copies(bytes: Uint8Array): Generator<Piece> {
    for (let at = 0; at < bytes.byteLength; at += copyBytes) {
      const part = bytes.subarray(at, at + copyBytes);
      const memory = this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(copyBytes));
      memory.set(part);
      yield this.#lend(memory.subarray(0, part.byteLength), () => {
        if (this.#free.length < maxFreeCopies) this.#free.push(memory);
      });
    }
  }

  #lend({ buffer, byteOffset, byteLength }: Uint8Array<SharedArrayBuffer>, release: () => void): Piece {
    this.#lastLoan += 1;
    const loan = this.#lastLoan;
    this.#loans.set(loan, release);
    return { kind: 'loan', memory: buffer, from: byteOffset, bytes: byteLength, loan };
  }
}
