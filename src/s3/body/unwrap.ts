/**
 * Why: the framing is pure, but what it holds is memory: a signed chunk reserves its size before it is held, until it
 * verified. From there on its bytes are of the block that they go into: nobody holds chunks and waits for blocks, while
 * others hold blocks and wait for chunks.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Permit, Semaphore } from '../../base/async/semaphore.ts';
import type { Slab } from '../../object/store.ts';
import type { ChunkDecoder } from '../signature/chunk-decoder.ts';
import { OpenSlabs } from './open-slabs.ts';

/** The data of an aws-chunked body, as it verifies. `budget` counts the bytes of chunks that are held. */
export async function* unwrapChunks(
  source: AsyncIterable<Slab>,
  decoder: ChunkDecoder,
  options: CallOptions & { readonly budget: Semaphore },
): AsyncGenerator<Slab> {
  let permit: Permit | undefined;
  using open = new OpenSlabs();
  try {
    for await (const slab of source) {
      open.push(slab);
      for (const event of decoder.push(slab.bytes)) {
        if (event.kind === 'hold') permit = await options.budget.acquire(event.bytes, options);
        else {
          permit?.release();
          for (const piece of event.pieces) yield open.piece(piece);
        }
      }
      if (decoder.holdsNothing) open.letGo();
    }
  } finally {
    permit?.release();
  }
}
