/** Why: a call that is given up goes on below; these keep its promises: nothing starts late, no file stays open. */
import { type CallOptions, raceAbort, throwIfAborted } from '../base/async/abort.ts';
import type { DiskFile } from './disk.ts';

/** Starts `work` unless the signal aborted already, then waits for whichever comes first. */
export async function abandonable<T>(work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
  throwIfAborted(options.signal);
  return raceAbort(work(), options.signal);
}

/** As `abandonable`; a file that opens after its caller left is closed. */
export async function abandonableOpen(work: () => Promise<DiskFile>, options: CallOptions = {}): Promise<DiskFile> {
  throwIfAborted(options.signal);
  const opening = work();
  try {
    return await raceAbort(opening, options.signal);
  } catch (error) {
    opening.then((file) => file.close()).catch(() => undefined); // nobody is left to hear of it
    throw error;
  }
}
