/**
 * Why: a volume may hang in the kernel for as long as it likes. Whoever waits for one, a user's read or background
 * work, waits so long and no longer; what was given up may still happen, as the contract of volumes says.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { type Clock, deadline } from '../base/clock.ts';

/** Far beyond what a loaded disk takes. */
export const patienceMs = 30_000;

/** Runs one call of a volume; rejects with `timeout` when it does not answer. */
export async function patiently<T>(
  clock: Clock,
  options: CallOptions,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  using limit = deadline(clock, patienceMs, 'a call of a volume', options);
  return await call(limit);
}
