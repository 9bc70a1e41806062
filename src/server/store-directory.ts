/**
 * Why: the data directory of a store and the volumes it knows, open. Everything here is known before the catalog is,
 * and without it.
 */
import { join, resolve } from 'node:path';
import { anySignal, type CallOptions, raceAbort } from '../base/async/abort.ts';
import { type Clock, deadline } from '../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../base/errors.ts';
import { newId, type StoreId, type VolumeId } from '../base/ids.ts';
import type { FirstVolumes } from '../config/volume-places.ts';
import type { Disk } from '../disk/disk.ts';
import type { Log } from '../observe/log.ts';
import type { Volume } from '../volume/volume.ts';
import { type KnownVolume, readStoreFile, type StoreFile, writeStoreFile } from './store-file.ts';
import {
  discoverVolumes,
  type IdentifiedVolume,
  identify,
  makeVolume,
  openVolume,
  type VolumeRoomOptions,
} from './volumes.ts';

export type DirectoryOptions = VolumeRoomOptions & {
  readonly home: Disk;
  readonly path: string;
  /** To be made at the first start. */
  readonly firstVolumes: FirstVolumes;
};

/** After it a volume that hangs is not waited for. */
const lookMs = 2_000;
const openMs = 10_000;
/** Half of the volumes are open: the others get as long again, and this at least. */
const leastPatienceMs = 2_000;
const closeMs = 10_000;

export class StoreDirectory {
  readonly #home: Disk;
  readonly #room: VolumeRoomOptions;
  readonly #volumes = new Map<VolumeId, Volume>();
  /** Under way: one at a time for each, so that a path that hangs holds one thread. */
  readonly #opening = new Set<VolumeId>();
  /** Let go of, and still locked by us until what hangs in them goes on. */
  readonly #closing = new Map<VolumeId, Promise<void>>();
  readonly #looks = new Map<string, Promise<IdentifiedVolume | undefined>>();
  #isClosed = false;
  #file: StoreFile;

  constructor(home: Disk, room: VolumeRoomOptions, file: StoreFile) {
    this.#home = home;
    this.#room = room;
    this.#file = file;
  }

  get storeId(): StoreId {
    return this.#file.storeId;
  }

  /** The catalog was made once; from then on an empty one is a lost one. */
  get initialised(): boolean {
    return this.#file.initialised;
  }

  get known(): readonly KnownVolume[] {
    return this.#file.volumes;
  }

  volume(id: VolumeId): Volume | undefined {
    return this.#volumes.get(id);
  }

  async markInitialised(): Promise<void> {
    await this.#write({ ...this.#file, initialised: true });
  }

  /** Makes an empty directory a volume. */
  async make(path: string): Promise<KnownVolume> {
    const known = await makeVolume(path, this.storeId, this.#room);
    await this.#write({ ...this.#file, volumes: [...this.known, known] });
    return known;
  }

  /** Remembers a volume that exists already, wherever it lies now. */
  async remember(known: KnownVolume): Promise<void> {
    const others = this.known.filter(({ id }) => id !== known.id);
    await this.#write({ ...this.#file, volumes: [...others, known] });
  }

  /** Makes an empty directory a volume, or takes back one of this store. */
  async claim(path: string): Promise<KnownVolume> {
    const found = await this.lookAt(path);
    if (found === undefined) return this.make(path);
    if (found.storeId !== this.storeId)
      throw new CopysetError('volume.foreign', `${path} belongs to store ${found.storeId}`);
    const known = { id: found.id, path };
    await this.remember(known);
    return known;
  }

  /** Whose the directory is stands in it before any volume says so. */
  async recordIdentity(): Promise<void> {
    await this.#write(this.#file);
  }

  /** Which volume the path leads to now; rejects with `timeout` when it hangs. */
  lookAt(path: string): Promise<IdentifiedVolume | undefined> {
    const look = this.#looks.get(path) ?? identify(path).finally(() => this.#looks.delete(path));
    this.#looks.set(path, look);
    return this.#within(lookMs, `looking at ${path}`, look);
  }

  /** It is being opened, or closed before that, perhaps without anybody who waits for it. */
  isOpening(id: VolumeId): boolean {
    return this.#opening.has(id) || this.#closing.has(id);
  }

  /**
   * Opens a known volume; undefined when it cannot be opened now, or takes too long (by us, or by a signal that aborts
   * with `timeout`): then it may be open later.
   */
  async open(known: KnownVolume, { signal }: CallOptions = {}): Promise<Volume | undefined> {
    const { id, path } = known;
    if (this.#volumes.has(id) || this.#opening.has(id)) return this.#volumes.get(id);
    const opening = this.#open(known).finally(() => this.#opening.delete(id));
    this.#opening.add(id);
    try {
      return await this.#within(openMs, `opening ${path}`, raceAbort(opening, signal));
    } catch (error) {
      if (!isCopysetError(error, 'timeout')) throw error;
      this.#room.log.warn('a volume takes long to open; it is not waited for', { volume: id, path });
      return undefined;
    }
  }

  /** Lets go of one volume. One that hangs lets go when its device comes back, or with the process: `timeout`. */
  async release(id: VolumeId): Promise<void> {
    const volume = this.#volumes.get(id);
    this.#volumes.delete(id);
    if (volume === undefined) return;
    const closing = volume.close().finally(() => this.#closing.delete(id));
    this.#closing.set(id, closing);
    await this.#within(closeMs, `closing volume ${id}`, closing);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const released = await Promise.allSettled([...this.#volumes.keys()].map((id) => this.release(id)));
    for (const outcome of released) {
      if (outcome.status === 'rejected')
        this.#room.log.warn('a volume could not be closed', { error: toCopysetError(outcome.reason) });
    }
  }

  async #open(known: KnownVolume): Promise<Volume | undefined> {
    await Promise.allSettled([this.#closing.get(known.id)]); // whoever let go of it hears how that ended
    const volume = await openVolume(known, this.storeId, this.#room);
    if (volume !== undefined) this.#volumes.set(known.id, volume);
    if (this.#isClosed) await this.release(known.id);
    return volume;
  }

  async #within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
    using limit = deadline(this.#room.clock, ms, what);
    return await raceAbort(work, limit.signal);
  }

  async #write(file: StoreFile): Promise<void> {
    await writeStoreFile(this.#home, file);
    this.#file = file;
  }
}

/** Reads or makes the directory's own file, makes the first volumes, and opens all. */
export async function openDirectory(options: DirectoryOptions, call: CallOptions = {}): Promise<StoreDirectory> {
  const directory = await readStoreDirectory(options);
  if (!directory.initialised) await makeFirstVolumes(directory, options);
  try {
    await openAll(directory, options.clock, call);
    return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** When half of them are open, those that take much longer hang: they may be open later. */
async function openAll(directory: StoreDirectory, clock: Clock, { signal }: CallOptions): Promise<void> {
  const sinceMs = clock.monotonicMs();
  const patience = new AbortController();
  const half = Promise.withResolvers<void>();
  let left = directory.known.length;
  const openings = directory.known.map(async (known) => {
    await directory.open(known, { signal: anySignal(patience.signal, signal) });
    left -= 1;
    if (left <= directory.known.length / 2) half.resolve();
  });
  const all = Promise.all(openings);
  await Promise.race([all, half.promise]);
  using limit = deadline(clock, Math.max(leastPatienceMs, clock.monotonicMs() - sinceMs), 'opening volumes');
  limit.signal.addEventListener('abort', () => patience.abort(limit.signal.reason));
  await all;
}

/** What the directory says of itself; nothing is opened or made. */
export async function readStoreDirectory(options: Omit<DirectoryOptions, 'firstVolumes'>): Promise<StoreDirectory> {
  const { home, path: _, ...room } = options;
  const known = (await readOwnFile(home, room.log)) ?? (await discoverStore(volumesIn(options.path), room.clock));
  const file = known ?? { storeId: newId<StoreId>(room.random), initialised: false, volumes: [] };
  return new StoreDirectory(home, room, file);
}

function volumesIn(path: string): string {
  return join(path, 'volumes');
}

/** A damaged file is as good as a lost one: the volumes are asked instead. */
async function readOwnFile(home: Disk, log: Log): Promise<StoreFile | undefined> {
  try {
    return await readStoreFile(home);
  } catch (error) {
    if (!isCopysetError(error, 'format.damaged')) throw error;
    log.warn('the file that names the volumes is damaged; the volumes are asked instead', { error });
    return undefined;
  }
}

/** The directory's file is lost: the volumes say whose they are. */
async function discoverStore(volumesPath: string, clock: Clock): Promise<StoreFile | undefined> {
  const found = await discoverVolumes(volumesPath, clock);
  return found === undefined
    ? undefined
    : { storeId: found.storeId, initialised: found.hasJournals, volumes: found.volumes };
}

/** Goes on where an interrupted first start ended. */
async function makeFirstVolumes(
  directory: StoreDirectory,
  { path, firstVolumes, clock }: DirectoryOptions,
): Promise<void> {
  const volumesPath = volumesIn(path);
  if (typeof firstVolumes === 'number') {
    const found = (await discoverVolumes(volumesPath, clock))?.volumes ?? [];
    for (const known of found) await directory.remember(known);
    return makeNumbered(directory, volumesPath, firstVolumes);
  }
  await directory.recordIdentity();
  for (const place of firstVolumes) await directory.claim(resolve(place.path));
}

async function makeNumbered(directory: StoreDirectory, volumesPath: string, count: number): Promise<void> {
  for (let number = directory.known.length + 1; number <= count; number++)
    await directory.make(join(volumesPath, `v${number}`));
}
