/**
 * Why: a body leaves slab by slab, each given back once the kernel has it or the connection is gone. A body that cannot
 * be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import { assert } from '../../base/assert.ts';
import type { Slab } from '../../object/store.ts';
import type { Transport } from './transport.ts';

/**
 * Sends exactly `bytes` bytes of slabs, or rejects. `begin` sends the head; it is called when the first slab is there,
 * so that a failure before it can still be told.
 */
export async function sendSlabs(
  transport: Transport,
  body: { readonly bytes: number; readonly slabs: AsyncIterable<Slab> },
  begin: () => void,
): Promise<void> {
  let left = body.bytes;
  for await (const slab of body.slabs) {
    try {
      if (!transport.hasBegun) begin();
      left -= slab.bytes.byteLength;
      assert(left >= 0, 'a body is not longer than announced');
      await transport.send(slab.bytes);
    } finally {
      slab.release();
    }
  }
  assert(left === 0, 'a body is not shorter than announced');
  if (!transport.hasBegun) begin();
}
