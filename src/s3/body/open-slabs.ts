/**
 * Why: the pieces of an unwrapped body are views of the slabs that came from the socket. Each piece is released by who
 * receives it; a slab goes back when all of its pieces did and no further piece can come of it.
 */
import { assert } from '../../base/assert.ts';
import type { Slab } from '../../object/store.ts';

type Share = { readonly slab: Slab; holders: number };

export class OpenSlabs {
  /** Of which pieces may still come, oldest first. */
  readonly #open: Share[] = [];

  push(slab: Slab): void {
    this.#open.push({ slab, holders: 1 });
  }

  /** A view of one of the open slabs as a slab of its own. */
  piece(bytes: Uint8Array): Slab {
    const share = this.#open.find(({ slab }) => isWithin(bytes, slab.bytes));
    assert(share !== undefined, 'a piece is a view of an open slab');
    share.holders += 1;
    return { bytes, release: () => drop(share) };
  }

  /** No further piece comes of those that are open. */
  letGo(): void {
    for (const share of this.#open.splice(0)) drop(share);
  }

  [Symbol.dispose](): void {
    this.letGo();
  }
}

function drop(share: Share): void {
  share.holders -= 1;
  if (share.holders === 0) share.slab.release();
}

function isWithin(piece: Uint8Array, whole: Uint8Array): boolean {
  const from = piece.byteOffset - whole.byteOffset;
  return piece.buffer === whole.buffer && from >= 0 && from + piece.byteLength <= whole.byteLength;
}
