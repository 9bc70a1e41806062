/** Why: the bytes of a request are drawn read by read, so that a slow store slows the client and nothing piles up. */
import type { IncomingMessage } from 'node:http';
import { CopysetError } from '../../base/errors.ts';
import type { Patience } from './patience.ts';

/** Leaves the connection open when its consumer stops early: the client must still hear why. */
export async function* receiveBody(request: IncomingMessage, patience: Patience): AsyncGenerator<Uint8Array> {
  const pieces = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const { value, done } = await patience.during(pieces.next());
      if (done) return;
      yield value as Uint8Array;
    }
  } catch (cause) {
    throw new CopysetError('request.aborted', 'the client went away in the middle of its request', { cause });
  } finally {
    await pieces.return?.();
  }
}
