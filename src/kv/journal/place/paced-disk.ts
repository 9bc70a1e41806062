/** Why: who reads a journal in the background leaves its disk to those who wait for it. */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ReadableDisk, ReadableFile } from './journal-place.ts';

export type ReadPace = {
  readonly clock: Clock;
  /** At most, over all that is read. */
  readonly bytesPerSecond: number;
  /** Told of each read. */
  readonly onRead?: ((bytes: number) => void) | undefined;
};

/** `disk`, of which each read rests for as long as its bytes may take. */
export function pacedDisk(disk: ReadableDisk, pace: ReadPace): ReadableDisk {
  return {
    root: disk.root,
    open: async (path, mode, options) => pacedFile(await disk.open(path, mode, options), pace),
    stat: (path, options) => disk.stat(path, options),
    list: (path, options) => disk.list(path, options),
  };
}

function pacedFile(file: ReadableFile, { clock, bytesPerSecond, onRead }: ReadPace): ReadableFile {
  return {
    read: async (into, position, options: CallOptions = {}) => {
      const bytes = await file.read(into, position, options);
      onRead?.(bytes);
      await clock.sleep((bytes / bytesPerSecond) * 1000, options);
      return bytes;
    },
    size: (options) => file.size(options),
    close: () => file.close(),
  };
}
