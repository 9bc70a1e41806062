/**
 * Why: a body leaves piece by piece, each given back once the kernel has it or the connection is gone. A body that
 * cannot be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import { assert } from '../../base/assert.ts';
import type { Extent, Piece, Slab } from '../../object/store.ts';
import type { SlabsBody } from '../reply.ts';
import type { Transport } from './transport.ts';

/**
 * Sends exactly `bytes` bytes of a body, or rejects. `begin` sends the head; it is called when the first piece is
 * there, so that a failure before it can still be told.
 */
export async function sendSlabs(transport: Transport, body: SlabsBody, begin: () => void): Promise<void> {
  let left = body.bytes;
  for await (const piece of transport.sendFile === undefined ? body.slabs : body.pieces) {
    left -= bytesOf(piece);
    try {
      if (!transport.hasBegun) begin();
      assert(left >= 0, 'a body is not longer than announced');
    } catch (error) {
      piece.release();
      throw error;
    }
    if ('span' in piece) await sendExtent(transport, piece);
    else await sendSlab(transport, piece);
  }
  assert(left === 0, 'a body is not shorter than announced');
  if (!transport.hasBegun) begin();
}

function bytesOf(piece: Piece): number {
  return 'span' in piece ? piece.span.bytes : piece.bytes.byteLength;
}

/** A socket that did not take all of it may look at it until it is gone. */
async function sendSlab(transport: Transport, slab: Slab): Promise<void> {
  try {
    await transport.send(slab.bytes);
  } catch (error) {
    if (slab.abandon === undefined) slab.release();
    else slab.abandon();
    throw error;
  }
  slab.release();
}

async function sendExtent(transport: Transport, extent: Extent): Promise<void> {
  assert(transport.sendFile !== undefined, 'extents are only drawn for a transport that sends files');
  try {
    const sent = await transport.sendFile(extent.span);
    if (sent === extent.span.bytes) return;
    for await (const slab of extent.rest(sent)) await sendSlab(transport, slab);
  } finally {
    extent.release();
  }
}
