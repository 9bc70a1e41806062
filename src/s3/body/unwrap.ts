/** Why: the framing is pure, but what it holds is memory: a signed chunk reserves its size before it is held. */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Permit, Semaphore } from '../../base/async/semaphore.ts';
import type { ChunkDecoder } from '../signature/chunk-decoder.ts';

/** The data of an aws-chunked body, as it verifies. `budget` counts the bytes of chunks that are held. */
export async function* unwrapChunks(
  source: AsyncIterable<Uint8Array>,
  decoder: ChunkDecoder,
  options: CallOptions & { readonly budget: Semaphore },
): AsyncGenerator<Uint8Array> {
  let permit: Permit | undefined;
  try {
    for await (const bytes of source) {
      for (const event of decoder.push(bytes)) {
        if (event.kind === 'hold') permit = await options.budget.acquire(event.bytes, options);
        else {
          yield* event.pieces;
          permit?.release();
        }
      }
    }
  } finally {
    permit?.release();
  }
}
