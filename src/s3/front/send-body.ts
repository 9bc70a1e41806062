/**
 * Why: a body leaves slab by slab, each given back once the kernel has it or the connection is gone. A body that cannot
 * be sent whole never looks whole: its length was announced, so the connection is cut.
 */
import type { ServerResponse } from 'node:http';
import { assert } from '../../base/assert.ts';
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Slab } from '../../object/store.ts';
import type { Pace } from './pace.ts';
import type { Patience } from './patience.ts';

type Sending = CallOptions & {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly pace: Pace;
};

/** Writes exactly `bytes` bytes of slabs, or rejects. */
export async function sendSlabs(
  response: ServerResponse,
  body: { readonly bytes: number; readonly slabs: AsyncIterable<Slab> },
  sending: Sending & {
    /** Sends the head; called when the first slab is there, so that a failure before it can still be told. */
    readonly begin: () => void;
  },
): Promise<void> {
  let left = body.bytes;
  for await (const slab of body.slabs) {
    try {
      if (!response.headersSent) sending.begin();
      left -= slab.bytes.byteLength;
      assert(left >= 0, 'a body is not longer than announced');
      await sendBytes(response, slab.bytes, sending);
    } finally {
      slab.release();
    }
  }
  assert(left === 0, 'a body is not shorter than announced');
  if (!response.headersSent) sending.begin();
}

/** Settles when the kernel has taken the bytes; rejects when the client takes them too slowly. */
export async function sendBytes(response: ServerResponse, bytes: Uint8Array, sending: Sending): Promise<void> {
  const { clock, pace, patience, signal } = sending;
  using tooLate = deadline(clock, pace.patienceMs(bytes.byteLength), 'the client that takes the reply');
  await patience.during(raceAbort(raceAbort(write(response, bytes), signal), tooLate.signal));
}

function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  response.write(bytes, (cause) => {
    if (cause) reject(new CopysetError('request.aborted', 'the client went away', { cause }));
    else resolve();
  });
  return promise;
}
