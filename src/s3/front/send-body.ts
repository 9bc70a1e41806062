/**
 * Why: a body leaves piece by piece, each given back once the kernel has it or the connection is gone. A body that
 * cannot be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import { assert } from '../../base/assert.ts';
import type { Awaitable } from '../../base/async/awaitable.ts';
import type { Extent, Piece, Slab } from '../../object/store.ts';
import type { SlabsBody } from '../reply.ts';
import { bytesOf, sendInTurns } from './in-turns.ts';
import type { Transport } from './transport.ts';

/**
 * Sends exactly `bytes` bytes of a body, or rejects. `begin` sends the head; it is called when the first piece is
 * there, so that a failure before it can still be told. Undefined: nobody had to wait.
 */
export function sendSlabs(transport: Transport, body: SlabsBody, begin: () => void): Promise<void> | undefined {
  const whole = transport.sendFile && body.reader.atHand();
  if (whole === undefined) return sendAll(transport, body, begin);
  return sendPiece(transport, whole, () => {
    begin();
    assert(bytesOf(whole) === body.bytes, 'a body is as long as announced');
  });
}

async function sendAll(transport: Transport, { bytes, reader }: SlabsBody, begin: () => void): Promise<void> {
  let left = bytes;
  await sendInTurns<Piece>(transport.sendFile === undefined ? reader.slabs : reader.pieces, (piece) => {
    left -= bytesOf(piece);
    return sendPiece(transport, piece, () => {
      if (!transport.hasBegun) begin();
      assert(left >= 0, 'a body is not longer than announced');
    });
  });
  assert(left === 0, 'a body is not shorter than announced');
  if (!transport.hasBegun) begin();
}

function sendPiece(transport: Transport, piece: Piece, before: () => void): Promise<void> | undefined {
  try {
    before();
  } catch (error) {
    piece.release();
    throw error;
  }
  return 'span' in piece ? sendExtent(transport, piece) : sendSlab(transport, piece);
}

/** A socket that did not take all of it may look at it until it is gone. */
function sendSlab(transport: Transport, slab: Slab): Promise<void> | undefined {
  const giveUp = (error: unknown) => {
    if (slab.abandon === undefined) slab.release();
    else slab.abandon();
    throw error;
  };
  try {
    const pending = transport.send(slab.bytes);
    if (pending !== undefined) return pending.then(() => slab.release(), giveUp);
  } catch (error) {
    giveUp(error);
  }
  slab.release();
  return undefined;
}

function sendExtent(transport: Transport, extent: Extent): Promise<void> | undefined {
  assert(transport.sendFile !== undefined, 'extents are only drawn for a transport that sends files');
  let sent: Awaitable<number> = 0;
  try {
    sent = transport.sendFile(extent.span);
  } catch (error) {
    extent.release();
    throw error;
  }
  if (sent !== extent.span.bytes) return sendRest(transport, extent, sent);
  extent.release();
  return undefined;
}

async function sendRest(transport: Transport, extent: Extent, sending: Awaitable<number>): Promise<void> {
  try {
    const sent = await sending;
    if (sent === extent.span.bytes) return;
    await sendInTurns(extent.rest(sent), (slab) => sendSlab(transport, slab));
  } finally {
    extent.release();
  }
}
