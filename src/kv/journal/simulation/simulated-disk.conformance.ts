/**
 * Why: one disk of the simulated machine, over its lives: it fails as its schedule says, goes away and comes back,
 * loses power, is swapped for an empty one or for an old copy of itself, and is damaged.
 */
import type { Clock } from '../../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import { FaultSchedule } from '../../../base/fault-schedule.ts';
import { type Random, shuffled } from '../../../base/random.ts';
import type { Disk, DiskFile } from '../../../disk/disk.ts';
import { withDiskFaults } from '../../../disk/faults/faulty-disk.ts';
import { MemoryDisk } from '../../../disk/memory/memory-disk.ts';

export type DiskLies = { readonly ignoreFileSync?: boolean; readonly ignoreDirectorySync?: boolean };

export class SimulatedDisk {
  readonly schedule: FaultSchedule;
  readonly #root: string;
  readonly #lies: DiskLies;
  #memory: MemoryDisk;
  #away = false;
  /** The number of the sync that a forced fault is for. */
  #forcedSync = 0;

  constructor(root: string, options: { seed: number; rates: Readonly<Record<string, number>>; lies: DiskLies }) {
    this.#root = root;
    this.schedule = new FaultSchedule({ seed: options.seed, rates: options.rates, maxDelayMs: 20 });
    this.#lies = options.lies;
    this.#memory = new MemoryDisk({ root });
  }

  /** As a process sees it. */
  mount(clock: Clock): Disk {
    const memory = this.#memory;
    const faulty = withDiskFaults(memory, { schedule: this.schedule, clock, ...this.#lies });
    return gated(faulty, () => {
      if (this.#away || memory !== this.#memory) throw new CopysetError('disk.not_found', `${this.#root} is away`);
    });
  }

  /** The disk itself, without faults. */
  get memory(): MemoryDisk {
    return this.#memory;
  }

  get isAway(): boolean {
    return this.#away;
  }

  goAway(): void {
    this.#away = true;
  }

  /** Healthy from now on, until its schedule is resumed. */
  heal(): void {
    this.#away = false;
    this.#memory.setCapacity(2 ** 40);
    this.schedule.pause();
    this.schedule.release();
  }

  crash(): void {
    this.#memory = this.#memory.crash();
  }

  powerCut(random: Random): void {
    this.#memory = this.#memory.powerCut(random);
  }

  /** What it holds now, to be put back later: file by file, while somebody may write. */
  async copy(): Promise<ReadonlyMap<string, Uint8Array>> {
    const copy = new Map<string, Uint8Array>();
    for (const name of await this.#memory.list('')) {
      const file = await this.#memory.open(name, 'read').catch(expectMissing);
      if (file === undefined) continue;
      const bytes = new Uint8Array(await file.size());
      await file.read(bytes, 0);
      await file.close();
      copy.set(name, bytes);
    }
    return copy;
  }

  /** Another disk in its place, with these files; empty when there are none. */
  async replace(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#memory.crash();
    this.#memory = new MemoryDisk({ root: this.#root });
    for (const [name, bytes] of files) {
      const file = await this.#memory.open(name, 'create');
      await file.write([bytes], 0);
      await file.sync();
      await file.close();
    }
    await this.#memory.syncDirectory('');
  }

  /** On the next sync, also while the disk is healthy. */
  forceSync(fault: 'error' | 'hang'): void {
    this.#forcedSync = this.#syncs + 1;
    this.schedule.force('sync', fault);
  }

  /** A forced fault is still to come. */
  get isThreatened(): boolean {
    return this.#forcedSync > this.#syncs;
  }

  get #syncs(): number {
    return this.schedule.calls.get('sync') ?? 0;
  }

  /** `rm` of everything in it while it is used. */
  async removeFiles(): Promise<void> {
    for (const name of await this.#memory.list('')) await this.#memory.remove(name);
  }

  async removeOne(random: Random, among: (names: string[]) => readonly string[]): Promise<void> {
    const [name] = shuffled(random, among(await this.#memory.list('')));
    if (name !== undefined) await this.#memory.remove(name);
  }

  /** Fills up with `bytes` to spare. */
  async fill(bytes: number): Promise<void> {
    const { totalBytes, freeBytes } = await this.#memory.space();
    this.#memory.setCapacity(totalBytes - freeBytes + bytes);
  }

  /** Damages up to 64 bytes of one file; false when there is nothing to damage. */
  async corrupt(random: Random, pick: (names: string[]) => string | undefined): Promise<boolean> {
    const name = pick(await this.#memory.list(''));
    const bytes = name === undefined ? 0 : ((await this.#memory.stat(name))?.bytes ?? 0);
    if (name === undefined || bytes === 0) return false;
    const at = random.integer(bytes);
    this.#memory.corrupt(name, at, random.bytes(Math.min(1 + random.integer(64), bytes - at)));
    return true;
  }
}

function expectMissing(error: unknown): undefined {
  if (!isCopysetError(error, 'disk.not_found')) throw error;
}

function gated(disk: Disk, check: () => void): Disk {
  const gate = <T>(work: () => Promise<T>): Promise<T> => {
    try {
      check();
    } catch (error) {
      return Promise.reject(error);
    }
    return work();
  };
  return {
    root: disk.root,
    open: (path, mode, options) => gate(async () => gatedFile(await disk.open(path, mode, options), gate)),
    stat: (path, options) => gate(() => disk.stat(path, options)),
    list: (path, options) => gate(() => disk.list(path, options)),
    makeDirectory: (path, options) => gate(() => disk.makeDirectory(path, options)),
    rename: (from, to, options) => gate(() => disk.rename(from, to, options)),
    remove: (path, options) => gate(() => disk.remove(path, options)),
    syncDirectory: (path, options) => gate(() => disk.syncDirectory(path, options)),
    space: (options) => gate(() => disk.space(options)),
    lock: (path) => gate(() => disk.lock(path)),
  };
}

type Gate = <T>(work: () => Promise<T>) => Promise<T>;

function gatedFile(file: DiskFile, gate: Gate): DiskFile {
  return {
    read: (into, position, options) => gate(() => file.read(into, position, options)),
    write: (pieces, position, options) => gate(() => file.write(pieces, position, options)),
    sync: (options) => gate(() => file.sync(options)),
    truncate: (bytes, options) => gate(() => file.truncate(bytes, options)),
    size: (options) => gate(() => file.size(options)),
    close: () => file.close(),
  };
}
