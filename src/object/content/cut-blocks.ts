/** Why: a body comes in slabs of any size and is kept in blocks of B bytes; the bytes between are not copied. */
import { assert } from '../../base/assert.ts';
import { addPiece } from '../../base/bytes.ts';
import type { Slab } from '../store.ts';

/** Pieces of one block. `release` gives back the slabs that nobody else needs. */
export type BodyBlock = {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly release: () => void;
};

type Share = { readonly slab: Slab; holders: number };

function letGo(share: Share): void {
  share.holders -= 1;
  assert(share.holders >= 0, 'a slab is released once by each holder');
  if (share.holders === 0) share.slab.release();
}

/**
 * Blocks of exactly `blockBytes`, the last one shorter; none for an empty body. `onBytes` sees every byte once, in
 * order.
 */
export async function* cutBlocks(
  slabs: AsyncIterable<Slab>,
  blockBytes: number,
  onBytes: (bytes: Uint8Array) => void,
): AsyncGenerator<BodyBlock> {
  let pieces: Uint8Array[] = [];
  let shares: Share[] = [];
  let bytes = 0;
  const take = (): BodyBlock => {
    const block = {
      pieces,
      bytes,
      release: (
        (held) => () =>
          held.forEach(letGo)
      )(shares),
    };
    pieces = [];
    shares = [];
    bytes = 0;
    return block;
  };
  try {
    for await (const slab of slabs) {
      const share: Share = { slab, holders: 1 };
      try {
        onBytes(slab.bytes);
        for (let at = 0; at < slab.bytes.byteLength; ) {
          const piece = slab.bytes.subarray(at, at + blockBytes - bytes);
          addPiece(pieces, piece);
          share.holders += 1;
          shares.push(share);
          bytes += piece.byteLength;
          at += piece.byteLength;
          if (bytes === blockBytes && at < slab.bytes.byteLength) yield take();
        }
      } finally {
        letGo(share); // also where nobody wants more of it
      }
      if (bytes === blockBytes) yield take(); // nothing is held while the next block waits for its turn
    }
    if (bytes > 0) yield take();
  } finally {
    take().release();
  }
}
