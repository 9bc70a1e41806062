/**
 * Why: a client that takes everything at once, of a body that is always there, would have the process to itself until
 * its body has left.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Piece } from '../../object/store.ts';

/** Others have their turn behind so many that nobody had to wait for. */
const turnBytes = 2 * 2 ** 20;

/** Sends each piece when the one before has left. */
export async function sendInTurns<T extends Piece>(
  pieces: AsyncIterable<T>,
  send: (piece: T) => Promise<void> | undefined,
): Promise<void> {
  let atOnceBytes = 0;
  for await (const piece of pieces) {
    const pending = send(piece);
    await pending;
    atOnceBytes = pending === undefined ? atOnceBytes + bytesOf(piece) : 0;
    if (atOnceBytes < turnBytes) continue;
    await nextTurn();
    atOnceBytes = 0;
  }
}

export function bytesOf(piece: Piece): number {
  return 'span' in piece ? piece.span.bytes : piece.bytes.byteLength;
}
