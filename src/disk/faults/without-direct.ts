/** Why: what works past the page cache must work through it as well, and some disks know no other way. */
import { CopysetError } from '../../base/errors.ts';
import type { Disk } from '../disk.ts';

/** `disk`, of which no file can be opened with `direct`. */
export function withoutDirect(disk: Disk): Disk {
  return {
    root: disk.root,
    open: async (path, mode, { direct = false, ...options } = {}) => {
      if (direct) throw new CopysetError('unsupported', `${disk.root} opens no file for direct I/O`);
      return disk.open(path, mode, options);
    },
    stat: (path, options) => disk.stat(path, options),
    list: (path, options) => disk.list(path, options),
    makeDirectory: (path, options) => disk.makeDirectory(path, options),
    rename: (from, to, options) => disk.rename(from, to, options),
    remove: (path, options) => disk.remove(path, options),
    syncDirectory: (path, options) => disk.syncDirectory(path, options),
    space: (options) => disk.space(options),
    lock: (path) => disk.lock(path),
  };
}
