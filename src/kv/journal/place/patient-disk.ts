/**
 * Why: whoever reads a journal gives up on a disk that hangs; a long journal on a disk that answers may take its
 * time.
 */
import { type CallOptions, raceAbort } from '../../../base/async/abort.ts';
import { type Clock, deadline } from '../../../base/clock.ts';
import { isCopysetError } from '../../../base/errors.ts';
import type { ReadableDisk, ReadableFile } from './journal-place.ts';

type Within = <T>(options: CallOptions | undefined, work: (options: CallOptions) => Promise<T>) => Promise<T>;

/**
 * `disk`, of which each call rejects with `timeout` after `ms`. For reading only: what is given up may still happen,
 * and a file that a call hangs in closes when that call has ended, without anybody waiting for it.
 */
export function patientDisk(disk: ReadableDisk, clock: Clock, ms: number): ReadableDisk {
  const within: Within = async (options, work) => {
    using limit = deadline(clock, ms, `reading ${disk.root}`, options);
    return await work(limit);
  };
  return {
    root: disk.root,
    open: async (path, mode, options) => {
      const file = await within(options, (inner) => disk.open(path, mode, inner));
      return patientFile(file, within);
    },
    stat: (path, options) => within(options, (inner) => disk.stat(path, inner)),
    list: (path, options) => within(options, (inner) => disk.list(path, inner)),
  };
}

function patientFile(file: ReadableFile, within: Within): ReadableFile {
  return {
    read: (into, position, options) => within(options, (inner) => file.read(into, position, inner)),
    size: (options) => within(options, (inner) => file.size(inner)),
    close: async () => {
      const closing = file.close();
      try {
        await within(undefined, ({ signal }) => raceAbort(closing, signal));
      } catch (error) {
        if (!isCopysetError(error, 'timeout')) throw error;
        closing.catch(() => undefined); // it was only read: nothing is lost with it
      }
    },
  };
}
