/**
 * Why: one disk of the simulated machine over all its lives. It fails as its schedules say, loses power, is unplugged
 * and plugged in again, is wiped. Two schedules, since two kinds of faults are not alike: passing ones (a call fails,
 * stalls, tears) may strike all disks at once; those that leave damage (a bit flips) strike one disk at a time.
 */
import { CopysetError } from '../../../src/base/errors.ts';
import type { FaultSchedule } from '../../../src/base/fault-schedule.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Disk, DiskFile } from '../../../src/disk/disk.ts';
import { withDiskFaults } from '../../../src/disk/faults/faulty-disk.ts';
import { MemoryDisk } from '../../../src/disk/memory/memory-disk.ts';
import type { SimClock } from '../../support/sim-clock.ts';

export type DiskTroubles = { readonly passing: FaultSchedule; readonly damaging: FaultSchedule };

export class SimDisk {
  readonly troubles: DiskTroubles;
  #memory: MemoryDisk;
  #isUnplugged = false;
  #isWiped = false;

  constructor(root: string, troubles: DiskTroubles) {
    this.troubles = troubles;
    this.#memory = new MemoryDisk({ root, direct: true });
  }

  /** As one process sees it. What a dead one still runs must not come to the disk of those after it, and lock it. */
  mount(clock: SimClock): Disk {
    if (clock.isStopped) throw new CopysetError('closed', `${this.#memory.root}: this process is dead`);
    const { passing, damaging } = this.troubles;
    const disk = withDiskFaults(this.#memory, { schedule: damaging, clock });
    return removable(withDiskFaults(disk, { schedule: passing, clock }), {
      hasNames: () => !this.#isUnplugged && !this.#isWiped,
      hasDevice: () => !this.#isUnplugged,
    });
  }

  /** Without any trouble, for who prepares and checks. */
  get memory(): MemoryDisk {
    return this.#memory;
  }

  unplug(): void {
    this.#isUnplugged = true;
  }

  plugIn(): void {
    this.#isUnplugged = false;
  }

  crash(): void {
    this.#memory = this.#memory.crash();
  }

  cutPower(random: Random): void {
    this.#memory = this.#memory.powerCut(random);
  }

  /** `rm -rf`: nothing has a name any more; what is open stays open and leads nowhere. */
  wipe(): void {
    this.#isWiped = true;
  }
}

type Presence = { readonly hasNames: () => boolean; readonly hasDevice: () => boolean };

function removable(disk: Disk, { hasNames, hasDevice }: Presence): Disk {
  const named = <T>(work: () => Promise<T>): Promise<T> =>
    hasNames() ? work() : Promise.reject(new CopysetError('disk.not_found', `${disk.root} is not there`));
  return {
    root: disk.root,
    open: (path, mode, options) => named(async () => removableFile(await disk.open(path, mode, options), hasDevice)),
    stat: async (path, options) => (hasNames() ? disk.stat(path, options) : undefined),
    list: (path, options) => named(() => disk.list(path, options)),
    makeDirectory: (path, options) => named(() => disk.makeDirectory(path, options)),
    rename: (from, to, options) => named(() => disk.rename(from, to, options)),
    remove: (path, options) => named(() => disk.remove(path, options)),
    syncDirectory: (path, options) => named(() => disk.syncDirectory(path, options)),
    space: (options) => named(() => disk.space(options)),
    lock: (path) => named(() => disk.lock(path)),
  };
}

function removableFile(file: DiskFile, hasDevice: () => boolean): DiskFile {
  const opened = <T>(work: () => Promise<T>): Promise<T> =>
    hasDevice() ? work() : Promise.reject(new CopysetError('disk.io', 'the device is unplugged'));
  return {
    read: (into, position, options) => opened(() => file.read(into, position, options)),
    write: (pieces, position, options) => opened(() => file.write(pieces, position, options)),
    sync: (options) => opened(() => file.sync(options)),
    truncate: (bytes, options) => opened(() => file.truncate(bytes, options)),
    size: (options) => opened(() => file.size(options)),
    close: () => file.close(),
  };
}
