/**
 * Why: a body leaves slab by slab, each given back once the kernel has it or the connection is gone. A body that cannot
 * be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import type { ServerResponse } from 'node:http';
import { assert } from '../../base/assert.ts';
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Slab } from '../../object/store.ts';
import type { Patience } from './patience.ts';

type Sending = CallOptions & {
  readonly patience: Patience;
  /** Sends the head; called when the first slab is there, so that a failure before it can still be told. */
  readonly begin: () => void;
};

/** Writes exactly `bytes` bytes of slabs, or rejects. */
export async function sendSlabs(
  response: ServerResponse,
  body: { readonly bytes: number; readonly slabs: AsyncIterable<Slab> },
  { patience, signal, begin }: Sending,
): Promise<void> {
  let left = body.bytes;
  for await (const slab of body.slabs) {
    try {
      if (!response.headersSent) begin();
      left -= slab.bytes.byteLength;
      assert(left >= 0, 'a body is not longer than announced');
      await patience.during(raceAbort(write(response, slab.bytes), signal));
    } finally {
      slab.release();
    }
  }
  assert(left === 0, 'a body is not shorter than announced');
  if (!response.headersSent) begin();
}

/** Settles when the kernel has taken the bytes. */
export function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  response.write(bytes, (cause) => {
    if (cause) reject(new CopysetError('request.aborted', 'the client went away', { cause }));
    else resolve();
  });
  return promise;
}
