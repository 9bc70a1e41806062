/** Why: the bytes of a request are drawn read by read, so that a slow store slows the client and nothing piles up. */
import type { IncomingMessage } from 'node:http';
import { raceAbort } from '../../../base/async/abort.ts';
import type { Clock } from '../../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { Slab } from '../../../object/store.ts';
import type { Pace } from '../pace.ts';
import type { Patience } from '../patience.ts';

export type Receiving = {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly pace: Pace;
  /** Aborts when nothing more can come: its reason is what the consumer gets. */
  readonly cut: AbortSignal;
};

/** Leaves the connection open when its consumer stops early: the client must still hear why. */
export async function* receiveBody(request: IncomingMessage, receiving: Receiving): AsyncGenerator<Slab> {
  const { clock, patience, pace, cut } = receiving;
  const pieces = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const sinceMs = clock.monotonicMs();
      const { value, done } = await patience.during(raceAbort(pieces.next(), cut));
      if (done) return;
      const bytes = value as Uint8Array;
      pace.count(bytes.byteLength, clock.monotonicMs() - sinceMs);
      yield { bytes, release: () => undefined }; // memory of the socket's reads: the collector takes it back
    }
  } catch (cause) {
    if (isCopysetError(cause)) throw cause;
    throw new CopysetError('request.aborted', 'the client went away in the middle of its request', { cause });
  } finally {
    pieces.return?.().catch(() => undefined); // a read that was given up settles with the connection, not before
  }
}
