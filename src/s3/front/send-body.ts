/**
 * Why: a body leaves piece by piece, each given back once the kernel has it or the connection is gone. A body that
 * cannot be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import { assert } from '../../base/assert.ts';
import type { Extent, Piece } from '../../object/store.ts';
import type { SlabsBody } from '../reply.ts';
import type { Transport } from './transport.ts';

/**
 * Sends exactly `bytes` bytes of a body, or rejects. `begin` sends the head; it is called when the first piece is
 * there, so that a failure before it can still be told.
 */
export async function sendSlabs(transport: Transport, body: SlabsBody, begin: () => void): Promise<void> {
  let left = body.bytes;
  for await (const piece of transport.sendFile === undefined ? body.slabs : body.pieces) {
    try {
      if (!transport.hasBegun) begin();
      left -= bytesOf(piece);
      assert(left >= 0, 'a body is not longer than announced');
      await sendPiece(transport, piece);
    } finally {
      piece.release();
    }
  }
  assert(left === 0, 'a body is not shorter than announced');
  if (!transport.hasBegun) begin();
}

function bytesOf(piece: Piece): number {
  return 'span' in piece ? piece.span.bytes : piece.bytes.byteLength;
}

async function sendPiece(transport: Transport, piece: Piece): Promise<void> {
  if ('span' in piece) await sendExtent(transport, piece);
  else await transport.send(piece.bytes);
}

async function sendExtent(transport: Transport, extent: Extent): Promise<void> {
  assert(transport.sendFile !== undefined, 'extents are only drawn for a transport that sends files');
  const sent = await transport.sendFile(extent.span);
  if (sent === extent.span.bytes) return;
  const rest = await extent.rest(sent);
  try {
    await transport.send(rest.bytes);
  } finally {
    rest.release();
  }
}
