/**
 * Why: Node's file calls run on few threads that all disks share. A hung device must hold its own callers only, so each
 * disk gets a bound, and a permit comes back when the work below has settled, not when its caller gave up.
 */
import { type CallOptions, raceAbort } from '../base/async/abort.ts';
import { type Permit, Semaphore } from '../base/async/semaphore.ts';
import { CopysetError } from '../base/errors.ts';
import { abandonableOpen } from './abandon.ts';
import type { Disk, DiskFile } from './disk.ts';

export type DiskLimits = {
  /** Calls that work at one time. */
  readonly maxInFlight: number;
  /** Calls that wait for their turn; more are refused with `busy`. Closing a file is never refused. */
  readonly maxWaiters: number;
};

/** `disk`, of which no more than `maxInFlight` calls work at one time. */
export function limitDisk(disk: Disk, limits: DiskLimits): Disk {
  const gate = new Gate(disk.root, limits);
  return {
    root: disk.root,
    open: (path, mode, options = {}) => {
      const { direct = false } = options;
      const open = async () => limitFile(await disk.open(path, mode, { direct }), gate);
      return abandonableOpen(() => gate.admit(open, options), options);
    },
    stat: (path, options) => gate.run(() => disk.stat(path), options),
    list: (path, options) => gate.run(() => disk.list(path), options),
    makeDirectory: (path, options) => gate.run(() => disk.makeDirectory(path), options),
    rename: (from, to, options) => gate.run(() => disk.rename(from, to), options),
    remove: (path, options) => gate.run(() => disk.remove(path), options),
    syncDirectory: (path, options) => gate.run(() => disk.syncDirectory(path), options),
    space: (options) => gate.run(() => disk.space(), options),
    lock: (path) => gate.run(() => disk.lock(path)),
  };
}

function limitFile(file: DiskFile, gate: Gate): DiskFile {
  return {
    read: (into, position, options) => gate.run(() => file.read(into, position), options),
    write: (pieces, position, options) => gate.run(() => file.write(pieces, position), options),
    sync: (options) => gate.run(() => file.sync(), options),
    truncate: (bytes, options) => gate.run(() => file.truncate(bytes), options),
    size: (options) => gate.run(() => file.size(), options),
    lend: (position, bytes) => file.lend?.(position, bytes),
    readNow: (into, position) => file.readNow?.(into, position) ?? false,
    change: () => file.change?.(),
    close: () => gate.runAlways(() => file.close()),
  };
}

/** The work below never sees the signal: it could report its end early. */
class Gate {
  readonly #semaphore: Semaphore;
  readonly #name: string;
  readonly #maxWaiters: number;

  constructor(name: string, { maxInFlight, maxWaiters }: DiskLimits) {
    this.#name = name;
    this.#maxWaiters = maxWaiters;
    this.#semaphore = new Semaphore(name, maxInFlight, Number.POSITIVE_INFINITY);
  }

  run<T>(work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    return raceAbort(this.admit(work, options), options.signal);
  }

  /** Waits for a turn or the signal; settles with the work. */
  async admit<T>(work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    if (this.#semaphore.waiting >= this.#maxWaiters && this.#semaphore.inUse >= this.#semaphore.capacity) {
      throw new CopysetError('busy', `${this.#name}: ${this.#maxWaiters} calls wait for the disk already`);
    }
    return settle(await this.#semaphore.acquire(1, options), work);
  }

  async runAlways<T>(work: () => Promise<T>): Promise<T> {
    return settle(await this.#semaphore.acquire(), work);
  }
}

async function settle<T>(permit: Permit, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    permit.release();
  }
}
