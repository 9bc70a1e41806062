/**
 * Why: a tier as large as a local disk, which outlives the process. It may lose anything, so it syncs nothing and keeps
 * no index on disk; it must not harm anything, so a disk that fails or hangs only makes it miss.
 */
import { anySignal, type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { InFlight } from '../../base/async/in-flight.ts';
import { mapBounded } from '../../base/async/map-bounded.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { type BlockName, parseBlockName } from '../../base/block-name.ts';
import { alignUp } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Cache, CacheUsage } from '../cache.ts';
import { Sieve } from '../sieve.ts';
import { entryDirectory, entryHeaderBytes, entryPath, readEntry, writeEntry } from './entry.ts';
import { Patience } from './patience.ts';

export type DiskCacheOptions = {
  /** Its root is the tier's alone. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly capacityBytes: number;
  /** Bounds the index in memory. */
  readonly maxEntries?: number;
  readonly callTimeoutMs?: number;
  readonly retryAfterMs?: number;
};

/** A file of the tier. It takes its bytes until it is gone: also while it is written, and when it cannot be removed. */
type Slot = { readonly length: number; readonly costBytes: number; state: 'writing' | 'ready' | 'leaving' };

/** No block is longer; what claims to be is damage. */
const maxLength = 2 ** 28;
const allocationBytes = 4096;
const maxConcurrentWrites = 4;
const maxConcurrentStats = 8;

export class DiskCache implements Cache {
  readonly #disk: Disk;
  readonly #patience: Patience;
  readonly #minCostBytes: number;
  readonly #sieve: Sieve<BlockName>;
  readonly #slots = new Map<BlockName, Slot>();
  /** Names whose files are to be removed. */
  readonly #leaving = new Set<BlockName>();
  readonly #writes = new Semaphore('cache writes', maxConcurrentWrites, 0);
  readonly #inFlight = new InFlight();
  readonly #closing = new AbortController();
  #usedBytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #scanned = false;

  constructor(options: DiskCacheOptions) {
    const { disk, clock, capacityBytes, maxEntries = 2 ** 18, callTimeoutMs = 1000, retryAfterMs = 10_000 } = options;
    this.#disk = disk;
    this.#patience = new Patience({ clock, callTimeoutMs, retryAfterMs });
    this.#minCostBytes = Math.ceil(capacityBytes / maxEntries);
    this.#sieve = new Sieve(capacityBytes);
  }

  /** Finds what an earlier run left. Until it resolves nothing new is kept; after a failure of the disk scan again. */
  scan(options: CallOptions = {}): Promise<void> {
    return this.#run(() => this.#scan(options), options);
  }

  get(name: BlockName, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#run(() => this.#get(name), options);
  }

  put(name: BlockName, bytes: Uint8Array, options?: CallOptions): Promise<void> {
    return this.#run(() => this.#put(name, bytes), options);
  }

  delete(name: BlockName, options?: CallOptions): Promise<void> {
    return this.#run(() => this.#drop([name]), options);
  }

  usage(): CacheUsage {
    return {
      entries: this.#sieve.size,
      usedBytes: this.#usedBytes,
      capacityBytes: this.#sieve.capacityBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      failures: this.#patience.failures,
    };
  }

  /** What lies on a disk is waited for. */
  atHand(): undefined {
    throwIfAborted(this.#closing.signal);
  }

  /** Ends a scan, and waits for the calls under way; their time is limited. */
  async close(): Promise<void> {
    this.#closing.abort(new CopysetError('closed', 'the disk cache is closed'));
    await this.#inFlight.settled();
  }

  /** Work that its caller gave up goes on, so that the index and the files stay one. */
  async #run<T>(work: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    throwIfAborted(signal);
    throwIfAborted(this.#closing.signal);
    return raceAbort(this.#inFlight.track(work()), signal);
  }

  async #get(name: BlockName): Promise<Uint8Array | undefined> {
    const slot = this.#slots.get(name);
    const bytes = slot?.state === 'ready' && !this.#patience.rests ? await this.#read(name, slot) : undefined;
    if (bytes === undefined) this.#misses++;
    else this.#hits++;
    return bytes;
  }

  async #read(name: BlockName, slot: Slot): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    const done = await this.#patience.attempt(async (call) => {
      bytes = await this.#readSlot(name, slot, call);
    });
    if (bytes !== undefined) this.#sieve.hit(name);
    else if (!done && slot.state === 'ready') await this.#drop([name]);
    return bytes;
  }

  /** A file that another call removed under the read is a miss: the disk failed nothing. */
  async #readSlot(name: BlockName, slot: Slot, call: CallOptions): Promise<Uint8Array | undefined> {
    try {
      return await readEntry(this.#disk, { name, length: slot.length }, call);
    } catch (error) {
      if (slot.state === 'ready' || call.signal?.aborted) throw error;
      return undefined;
    }
  }

  async #put(name: BlockName, bytes: Uint8Array): Promise<void> {
    const costBytes = this.#costOf(bytes.byteLength);
    using permit = this.#writes.tryAcquire();
    if (permit === undefined || !this.#accepts(name) || !this.#fits(bytes.byteLength)) return;
    await this.#evict(this.#sieve.insert(name, costBytes));
    if (!this.#sieve.has(name) || this.#slots.has(name)) return; // another call was faster
    if (this.#usedBytes + costBytes > this.#sieve.capacityBytes) {
      this.#sieve.remove(name); // what was evicted is not gone
      return;
    }
    await this.#write(name, bytes, this.#addSlot(name, { length: bytes.byteLength, costBytes, state: 'writing' }));
  }

  #accepts(name: BlockName): boolean {
    const able = this.#scanned && !this.#patience.rests;
    return able && !this.#sieve.has(name) && !this.#slots.has(name);
  }

  async #write(name: BlockName, bytes: Uint8Array, slot: Slot): Promise<void> {
    const done = await this.#patience.attempt((call) => writeEntry(this.#disk, name, bytes, call));
    if (done && slot.state === 'writing') {
      slot.state = 'ready';
      return;
    }
    slot.state = 'leaving';
    this.#sieve.remove(name);
    this.#leaving.add(name);
    await this.#sweep();
  }

  async #evict(names: readonly BlockName[]): Promise<void> {
    this.#evictions += names.length;
    await this.#drop(names);
  }

  /** Lets entries go, and removes their files; the file of one that is being written is removed by its writer. */
  async #drop(names: readonly BlockName[]): Promise<void> {
    for (const name of names) {
      this.#sieve.remove(name);
      const slot = this.#slots.get(name);
      if (slot?.state === 'ready') this.#leaving.add(name);
      if (slot !== undefined) slot.state = 'leaving';
    }
    await this.#sweep();
  }

  /** Removes the files of what left. One that the disk keeps ends it, and goes to the end of the queue. */
  async #sweep(): Promise<void> {
    for (const name of [...this.#leaving]) {
      if (this.#patience.rests) return;
      if (this.#leaving.delete(name) && !(await this.#removeFile(name))) return;
    }
  }

  async #removeFile(name: BlockName): Promise<boolean> {
    const done = await this.#patience.attempt((call) => this.#disk.remove(entryPath(name), call));
    if (done) {
      this.#usedBytes -= this.#slots.get(name)?.costBytes ?? 0;
      this.#slots.delete(name);
    } else {
      this.#leaving.add(name);
    }
    return done;
  }

  async #scan({ signal }: CallOptions): Promise<void> {
    const call = { signal: anySignal(signal, this.#closing.signal) };
    await this.#disk.makeDirectory('', call);
    for (const directory of await this.#disk.list('', call)) {
      if (/^[0-9a-f]{2}$/.test(directory)) await this.#scanDirectory(directory, call);
    }
    this.#scanned = true;
  }

  /** What is not named as an entry is not ours, and stays. */
  async #scanDirectory(directory: string, call: CallOptions): Promise<void> {
    const names = (await this.#disk.list(directory, call)).map(parseBlockName);
    const ours = names.filter((name) => name !== undefined && entryDirectory(name) === directory) as BlockName[];
    await mapBounded(ours, maxConcurrentStats, (name) => this.#scanEntry(name, call));
    await this.#sweep();
  }

  /** The bytes are verified when they are read. */
  async #scanEntry(name: BlockName, call: CallOptions): Promise<void> {
    const entry = await this.#disk.stat(entryPath(name), call);
    if (entry?.kind !== 'file' || this.#slots.has(name)) return;
    const length = Math.max(entry.bytes - entryHeaderBytes, 0);
    const { costBytes } = this.#addSlot(name, { length, costBytes: this.#costOf(length), state: 'ready' });
    if (this.#fits(length)) await this.#evict(this.#sieve.insert(name, costBytes));
    else await this.#drop([name]);
  }

  #addSlot(name: BlockName, slot: Slot): Slot {
    this.#slots.set(name, slot);
    this.#usedBytes += slot.costBytes;
    return slot;
  }

  #fits(length: number): boolean {
    return length <= maxLength && this.#sieve.fits(this.#costOf(length));
  }

  /** What the file takes on the device; never so little that there could be more than `maxEntries`. */
  #costOf(length: number): number {
    const allocated = alignUp(entryHeaderBytes + length, allocationBytes);
    return Math.max(allocated, this.#minCostBytes);
  }
}
