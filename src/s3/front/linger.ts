/** Why: a client that still sends would not read a reply whose connection closes: a little more is taken in first. */
import { raceAbort } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';

/**
 * Settles with the end of the request, or when it took too long; then it stays unfinished and the connection closes.
 */
export async function lingering(
  ended: Promise<void>,
  { clock, ms }: { readonly clock: Clock; readonly ms: number },
): Promise<void> {
  using enough = deadline(clock, ms, 'the rest of the request');
  await raceAbort(ended, enough.signal).catch(() => undefined); // late is as good as ended
}
