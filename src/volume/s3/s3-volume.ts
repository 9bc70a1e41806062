/**
 * Why: the volume that keeps each block as one object at an S3 endpoint, in the stored form and under our name: what it
 * means is told by our hashes, never by the endpoint's tags. This file is the contract of volume.ts over a client.
 */
import { assert } from '../../base/assert.ts';
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { InFlight } from '../../base/async/in-flight.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { addressKey, type BlockAddress } from '../../base/block-address.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError, throwIfBug } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { S3Listed, S3ListQuery, S3Range } from '../../s3-client/client.ts';
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
import { AddressLanes } from './address-lanes.ts';
import type { BlockCount } from './count-blocks.ts';
import { encodeIdentity, type VolumeIdentity } from './identity.ts';
import type { Owner } from './owner.ts';
import {
  addressOfKey,
  blockObject,
  blocksFolder,
  identityName,
  partitionFolder,
  pathIn,
  placeText,
  type VolumePlace,
} from './place.ts';
import type { TargetCapabilities } from './probe.ts';
import { readSmall } from './small-object.ts';
import { volumeError } from './volume-error.ts';

export type S3VolumeLimits = {
  /** Calls that work or wait, beyond which the answer is `busy`. */
  readonly maxCalls: number;
  /** A stored form that is longer was not written by us. */
  readonly maxStoredBytes: number;
  /** For how long the endpoint's word is taken that it is full. */
  readonly fullForMs: number;
};

export type S3VolumeParts = {
  readonly place: VolumePlace;
  readonly identity: VolumeIdentity;
  readonly target: TargetCapabilities;
  readonly owner: Owner;
  readonly count: BlockCount;
  readonly capacityBytes: number;
  readonly clock: Clock;
  readonly limits: S3VolumeLimits;
};

const pageKeys = 1000;

export class S3Volume implements Volume {
  /** The endpoint's 200 is all that is known of its syncs. */
  readonly capabilities: VolumeCapabilities = { durable: true, powerSafe: false };
  readonly target: TargetCapabilities;
  readonly identity: VolumeIdentity;
  readonly #parts: S3VolumeParts;
  readonly #where: string;
  readonly #lanes = new AddressLanes();
  readonly #calls: Semaphore;
  readonly #inFlight = new InFlight();
  #blocks: number;
  #liveBytes: number;
  #capacityBytes: number;
  #fullUntilMs = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(parts: S3VolumeParts) {
    this.#parts = parts;
    this.target = parts.target;
    this.identity = parts.identity;
    this.#where = `volume ${parts.identity.volumeId} at ${placeText(parts.place)}`;
    this.#calls = new Semaphore(`calls to ${this.#where}`, parts.limits.maxCalls, 0);
    this.#blocks = parts.count.blocks;
    this.#liveBytes = parts.count.liveBytes;
    this.#capacityBytes = parts.capacityBytes;
  }

  get id(): VolumeId {
    return this.identity.volumeId;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** What the operator lets it take, from now on; may be less than what is held. */
  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  put(block: SealedBlock, options: PutOptions = {}): Promise<'stored' | 'present'> {
    const { address } = block;
    return this.#run(options, () =>
      this.#lanes.run(addressKey(address), async () => {
        const before = await this.#sizeOf(address);
        if (before !== undefined && options.replace !== true) return 'present';
        await this.#write(block, before);
        return 'stored';
      }),
    );
  }

  read(address: BlockAddress, range?: StoredRange, options: CallOptions = {}): Promise<Uint8Array> {
    assert(range === undefined || (0 <= range.from && range.from <= range.to), 'a range from its start to its end');
    return this.#run(options, async () => {
      if (range === undefined || range.from < range.to) return this.#read(address, range, options);
      if ((await this.#sizeOf(address, options)) === undefined) throw await this.#missing(address, options);
      return new Uint8Array(0);
    });
  }

  stat(address: BlockAddress, options: CallOptions = {}): Promise<BlockStat | undefined> {
    return this.#run(options, async () => {
      const { key: prefix } = this.#pathOf(address);
      const [stat] = await this.#page({ prefix, pageKeys: 1 }, 1, options);
      if (stat === undefined) await this.#assertThere(options);
      return stat;
    });
  }

  delete(address: BlockAddress, options: CallOptions = {}): Promise<boolean> {
    return this.#run(options, () =>
      this.#lanes.run(addressKey(address), async () => {
        const before = await this.#sizeOf(address);
        if (before === undefined) {
          await this.#assertThere({});
          return false;
        }
        await this.#changing(address, before, () => this.#parts.place.client.delete(this.#pathOf(address)));
        this.#note(before, undefined);
        return true;
      }),
    );
  }

  list(query: ListQuery, options: CallOptions = {}): Promise<readonly BlockStat[]> {
    return this.#run(options, async () => {
      if (query.limit <= 0) return [];
      const folder = query.partition === undefined ? blocksFolder : partitionFolder(query.partition);
      const after = query.after && this.#pathOf(query.after).key;
      const prefix = pathIn(this.#parts.place, folder).key;
      const asked = { prefix, pageKeys: Math.min(query.limit, pageKeys), ...(after !== undefined && { after }) };
      const found = await this.#page(asked, query.limit, options);
      if (found.length === 0) await this.#assertThere(options);
      return found;
    });
  }

  usage(options: CallOptions = {}): Promise<VolumeUsage> {
    return this.#run(options, async () => ({
      blocks: this.#blocks,
      liveBytes: this.#liveBytes,
      usedBytes: this.#liveBytes,
      freeBytes: this.#parts.clock.monotonicMs() < this.#fullUntilMs ? 0 : this.#freeBytes(),
    }));
  }

  check(options: CallOptions = {}): Promise<void> {
    return this.#run(options, () => this.#assertThere(options));
  }

  close(options: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close();
    return raceAbort(this.#closing, options.signal);
  }

  async #close(): Promise<void> {
    await this.#inFlight.settled();
    await this.#parts.owner.release();
    this.#parts.place.client.close();
  }

  /** Settles as the work does, or gives up on the signal and leaves it under way. */
  async #run<T>({ signal }: CallOptions, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    if (this.#closing !== undefined) throw new CopysetError('closed', `${this.#where} is closed`);
    if (this.#parts.owner.lost !== undefined) throw this.#parts.owner.lost;
    try {
      return await raceAbort(this.#inFlight.track(this.#calls.use(1, work)), signal);
    } catch (error) {
      throw volumeError(error, this.#where);
    }
  }

  #pathOf(address: BlockAddress) {
    return pathIn(this.#parts.place, blockObject(address));
  }

  /** Undefined when there is no such object, or nothing at all: HEAD tells no more. */
  async #sizeOf(address: BlockAddress, options: CallOptions = {}): Promise<number | undefined> {
    try {
      return (await this.#parts.place.client.head(this.#pathOf(address), options)).bytes;
    } catch (error) {
      if (isCopysetError(error, 'not_found')) return undefined;
      throw error;
    }
  }

  async #write(block: SealedBlock, before: number | undefined): Promise<void> {
    const { place, clock, limits } = this.#parts;
    const storedBytes = storedBytesOf(block.payloadBytes);
    if (storedBytes - (before ?? 0) > this.#freeBytes()) {
      throw new CopysetError('disk.full', `${this.#where} has taken all that it may`);
    }
    try {
      await this.#changing(block.address, before, () =>
        place.client.put(this.#pathOf(block.address), toStoredForm(block, this.id)),
      );
    } catch (error) {
      if (isCopysetError(error, 'disk.full')) this.#fullUntilMs = clock.monotonicMs() + limits.fullForMs;
      throw error;
    }
    this.#fullUntilMs = Number.NEGATIVE_INFINITY;
    this.#note(before, storedBytes);
  }

  /** After a failure it is looked up what is there now: the answer may be all that was lost. */
  async #changing(address: BlockAddress, before: number | undefined, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      await this.#sizeOf(address).then((now) => this.#note(before, now), throwIfBug);
      throw error;
    }
  }

  #note(before: number | undefined, now: number | undefined): void {
    this.#liveBytes += (now ?? 0) - (before ?? 0);
    this.#blocks += Number(now !== undefined) - Number(before !== undefined);
  }

  #freeBytes(): number {
    return Math.max(0, this.#capacityBytes - this.#liveBytes);
  }

  async #read(address: BlockAddress, range: S3Range | undefined, options: CallOptions): Promise<Uint8Array> {
    const { place, limits } = this.#parts;
    const asked = { ...options, maxBytes: limits.maxStoredBytes, ...(range !== undefined && { range }) };
    try {
      return await place.client.getBytes(this.#pathOf(address), asked);
    } catch (error) {
      if (isCopysetError(error, 'request.invalid') && error.details.what === 'range') return new Uint8Array(0);
      throw isCopysetError(error, 'not_found') ? await this.#missing(address, options) : error;
    }
  }

  /** Throws when it is the volume that is missing. */
  async #missing(address: BlockAddress, options: CallOptions): Promise<CopysetError> {
    await this.#assertThere(options);
    return new CopysetError('block.missing', `block ${address.name} is not on volume ${this.id}`);
  }

  async #assertThere(options: CallOptions): Promise<void> {
    const { place, identity } = this.#parts;
    const found = await readSmall(place.client, pathIn(place, identityName), options);
    if (found !== undefined && equalBytes(found.bytes, encodeIdentity(identity))) return;
    const why = found === undefined ? 'its identity is not there' : 'another volume lies in its place';
    throw new CopysetError('volume.gone', `${this.#where}: ${why}`);
  }

  /** Up to `limit` blocks of a listing. */
  async #page(query: S3ListQuery, limit: number, options: CallOptions): Promise<BlockStat[]> {
    const { place } = this.#parts;
    const found: BlockStat[] = [];
    for await (const { objects } of place.client.list(place.bucket, query, options)) {
      found.push(...objects.map((object) => statOf(place, object)).filter((stat) => stat !== undefined));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }
}

function statOf(place: VolumePlace, { key, bytes, modifiedAtMs }: S3Listed): BlockStat | undefined {
  const address = addressOfKey(place, key);
  return address && { address, storedBytes: bytes, writtenAtMs: modifiedAtMs };
}
