/**
 * Why: what a disk does on a bad day (fail, fill up, hang, tear, flip a bit) must meet the shipping code in a test. The
 * lies of DiskFaults are bugs to plant: a test of durability that passes in spite of them tests nothing.
 * Operations are named as the methods of `Disk` and `DiskFile`.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { type Fault, withFault } from '../../base/fault-schedule.ts';
import { abandonableOpen } from '../abandon.ts';
import type { Disk } from '../disk.ts';
import { FaultyFile } from './faulty-file.ts';
import { type DiskFaults, orFail, plainFaults, spaceFaults } from './injection.ts';

export function withDiskFaults(disk: Disk, faults: DiskFaults): Disk {
  const draw =
    (possible: readonly Fault[]) =>
    <T>(operation: string, work: () => Promise<T>, options?: CallOptions) =>
      withFault(faults, { operation, possible, options }, orFail(operation, work));
  const call = draw(plainFaults);
  const grow = draw(spaceFaults);
  const open: Disk['open'] = async (path, mode, { direct = false } = {}) =>
    new FaultyFile(await disk.open(path, mode, { direct }), faults, { direct });
  const syncDirectory = async (path: string) => (faults.ignoreDirectorySync ? undefined : disk.syncDirectory(path));
  return {
    root: disk.root,
    open: (path, mode, options) => {
      const direct = options?.direct === true;
      return abandonableOpen(() => grow('open', () => open(path, mode, { direct })), options);
    },
    stat: (path, options) => call('stat', () => disk.stat(path), options),
    list: (path, options) => call('list', () => disk.list(path), options),
    makeDirectory: (path, options) => grow('makeDirectory', () => disk.makeDirectory(path), options),
    rename: (from, to, options) => grow('rename', () => disk.rename(from, to), options),
    remove: (path, options) => call('remove', () => disk.remove(path), options),
    syncDirectory: (path, options) => call('syncDirectory', () => syncDirectory(path), options),
    space: (options) => call('space', () => disk.space(), options),
    lock: (path) => call('lock', () => disk.lock(path)),
  };
}
