/**
 * Why: the model that all volumes are compared with, and the volume of simulations: a sorted map in memory, which can
 * be damaged and filled up on purpose. A put is durable at once, for as long as the object lives.
 */
import { assert, present } from '../../base/assert.ts';
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { addressKey, type BlockAddress } from '../../base/block-address.ts';
import { partitionOf } from '../../base/block-name.ts';
import { concatBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { type SealedBlock, storedBytesOf, toStoredForm } from '../stored-form.ts';
import type {
  BlockStat,
  ListQuery,
  PutOptions,
  StoredRange,
  Volume,
  VolumeCapabilities,
  VolumeUsage,
} from '../volume.ts';

export type MemoryVolumeOptions = { readonly id: VolumeId; readonly clock: Clock; readonly capacityBytes?: number };

type Held = { readonly address: BlockAddress; readonly stored: Uint8Array; readonly writtenAtMs: number };

const defaultCapacityBytes = 2 ** 40;

export class MemoryVolume implements Volume {
  readonly id: VolumeId;
  readonly capabilities: VolumeCapabilities = { durable: false, powerSafe: false };
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  /** Sorted; undefined after a change, until somebody lists. */
  #keys: readonly string[] | undefined;
  #liveBytes = 0;
  #capacityBytes: number;
  #failure: CopysetError | undefined;

  constructor(options: MemoryVolumeOptions) {
    this.id = options.id;
    this.#clock = options.clock;
    this.#capacityBytes = options.capacityBytes ?? defaultCapacityBytes;
  }

  get blocks(): number {
    return this.#held.size;
  }

  async put(block: SealedBlock, options: PutOptions = {}): Promise<'stored' | 'present'> {
    this.#admit(options);
    const key = addressKey(block.address);
    const before = this.#held.get(key);
    if (before !== undefined && options.replace !== true) return 'present';
    const growth = storedBytesOf(block.payloadBytes) - (before?.stored.byteLength ?? 0);
    if (growth > this.#freeBytes()) throw new CopysetError('disk.full', `volume ${this.id} is full`);
    const stored = concatBytes(...toStoredForm(block, this.id));
    this.#set(key, { address: block.address, stored, writtenAtMs: this.#clock.wallMs() });
    return 'stored';
  }

  async read(address: BlockAddress, range?: StoredRange, options: CallOptions = {}): Promise<Uint8Array> {
    this.#admit(options);
    assert(range === undefined || (0 <= range.from && range.from <= range.to), 'a range from its start to its end');
    const held = this.#held.get(addressKey(address));
    if (held === undefined)
      throw new CopysetError('block.missing', `block ${address.name} is not on volume ${this.id}`);
    return held.stored.slice(range?.from, range?.to);
  }

  async stat(address: BlockAddress, options: CallOptions = {}): Promise<BlockStat | undefined> {
    this.#admit(options);
    const held = this.#held.get(addressKey(address));
    return held === undefined ? undefined : statOf(held);
  }

  async delete(address: BlockAddress, options: CallOptions = {}): Promise<boolean> {
    this.#admit(options);
    return this.#set(addressKey(address), undefined) !== undefined;
  }

  async list(query: ListQuery, options: CallOptions = {}): Promise<readonly BlockStat[]> {
    this.#admit(options);
    const found: BlockStat[] = [];
    const after = query.after === undefined ? '' : addressKey(query.after);
    this.#keys ??= [...this.#held.keys()].sort();
    for (const key of this.#keys.slice(firstAfter(this.#keys, after))) {
      if (found.length >= query.limit) break;
      const held = present(this.#held.get(key), 'a listed block');
      const wanted = query.partition === undefined || partitionOf(held.address.name) === query.partition;
      if (wanted) found.push(statOf(held));
    }
    return found;
  }

  async usage(options: CallOptions = {}): Promise<VolumeUsage> {
    this.#admit(options);
    const freeBytes = Math.max(0, this.#freeBytes());
    return { blocks: this.#held.size, liveBytes: this.#liveBytes, usedBytes: this.#liveBytes, freeBytes };
  }

  async check(options: CallOptions = {}): Promise<void> {
    this.#admit(options);
  }

  async close(): Promise<void> {
    this.#failure = new CopysetError('closed', `volume ${this.id} is closed`);
  }

  /** Every later call rejects with `failure`, as for a path that is gone; undefined heals it. */
  fail(failure: CopysetError | undefined): void {
    this.#failure = failure;
  }

  /** From now on; may be less than what is held. */
  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  /** Replaces the stored form by what `damage` makes of a copy of it. */
  corrupt(address: BlockAddress, damage: (stored: Uint8Array) => Uint8Array): void {
    const key = addressKey(address);
    const held = present(this.#held.get(key), `block ${address.name} on volume ${this.id}`);
    this.#set(key, { ...held, stored: damage(held.stored.slice()) });
  }

  #admit({ signal }: CallOptions): void {
    throwIfAborted(signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #freeBytes(): number {
    return this.#capacityBytes - this.#liveBytes;
  }

  /** What was there before. */
  #set(key: string, held: Held | undefined): Held | undefined {
    const before = this.#held.get(key);
    this.#liveBytes += (held?.stored.byteLength ?? 0) - (before?.stored.byteLength ?? 0);
    if (held === undefined) this.#held.delete(key);
    else this.#held.set(key, held);
    if ((held === undefined) !== (before === undefined)) this.#keys = undefined;
    return before;
  }
}

function statOf({ address, stored, writtenAtMs }: Held): BlockStat {
  return { address, storedBytes: stored.byteLength, writtenAtMs };
}

/** The first index whose key is greater than `after`. */
function firstAfter(keys: readonly string[], after: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
