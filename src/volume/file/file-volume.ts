/**
 * Why: the volume that keeps blocks in append segments of a directory. This file is the contract of volume.ts on top of
 * the parts: what an address means now (ledger), writes (append log), reads (open segments), space (compactor).
 */
import { assert } from '../../base/assert.ts';
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { type BlockAddress, decodeAddress, encodeAddress } from '../../base/block-address.ts';
import { equalBytes } from '../../base/bytes.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { ReadMemory } from '../../base/read-memory.ts';
import type { Disk, DiskFile, DiskLock, DiskSpace } from '../../disk/disk.ts';
import type { SealedBlock } from '../stored-form.ts';
import type {
  BlockPlace,
  BlockStat,
  ListQuery,
  Loan,
  PutOptions,
  StoredRange,
  Volume,
  VolumeCapabilities,
  VolumeUsage,
} from '../volume.ts';
import type { AppendLog } from './append-log.ts';
import type { Compactor } from './compactor.ts';
import { decodeFrameHeader, type Frame, frameHeaderBytes, segmentSeed } from './frame.ts';
import type { VolumeIdentity } from './identity.ts';
import type { Ledger } from './ledger.ts';
import type { OpenSegments } from './open-segments.ts';
import { type PathGuard, volumeGone } from './path-guard.ts';
import type { Retirement } from './retirement.ts';
import type { SpareSegments } from './spare-segments.ts';

export type FileVolumeParts = {
  /** For reads and checks; the log and the compactor have bounds of their own. */
  readonly disk: Disk;
  readonly identity: VolumeIdentity;
  readonly ledger: Ledger;
  readonly guard: PathGuard;
  readonly retirement: Retirement;
  readonly segments: OpenSegments;
  readonly spares: SpareSegments;
  readonly log: AppendLog;
  readonly compactor: Compactor;
  readonly memory: ReadMemory;
  readonly lock: DiskLock;
  readonly reserveBytes: number;
};

export class FileVolume implements Volume {
  readonly capabilities: VolumeCapabilities = { durable: true, powerSafe: true };
  readonly identity: VolumeIdentity;
  readonly #parts: FileVolumeParts;
  #closing: Promise<void> | undefined;

  constructor(parts: FileVolumeParts) {
    this.#parts = parts;
    this.identity = parts.identity;
  }

  get id(): VolumeId {
    return this.identity.volumeId;
  }

  get blocks(): number {
    return this.#parts.ledger.blocks;
  }

  async put(block: SealedBlock, options: PutOptions = {}): Promise<'stored' | 'present'> {
    this.#admit(options);
    this.#assertServing();
    const { address } = block;
    for (;;) {
      const pending = options.replace === true ? undefined : this.#parts.log.pendingOf(address);
      if (pending?.kind === 'put') {
        await raceAbort(pending.done, options.signal);
        return 'present';
      }
      if (options.replace === true || pending !== undefined || this.#find(address) === undefined) {
        await raceAbort(this.#parts.log.put(block), options.signal);
        return 'stored';
      }
      if ((await this.#confirmed(address, options)) !== undefined) return 'present';
    }
  }

  async read(address: BlockAddress, range?: StoredRange, options: CallOptions = {}): Promise<Uint8Array> {
    this.#admit(options);
    assert(range === undefined || (0 <= range.from && range.from <= range.to), 'a range from its start to its end');
    for (;;) {
      const frame = this.#find(address);
      if (frame === undefined) {
        throw new CopysetError('block.missing', `block ${address.name} is not on volume ${this.id}`);
      }
      const read = await this.#readFrame(frame, range, options);
      if (read !== undefined) return read;
    }
  }

  placeOf(address: BlockAddress): BlockPlace | undefined {
    const frame = this.#find(address);
    return frame === undefined ? undefined : this.#placeOf(frame);
  }

  lend(address: BlockAddress, { from, to }: StoredRange): Loan | undefined {
    const frame = this.#closing === undefined ? this.#find(address) : undefined;
    if (frame === undefined || to > frame.storedBytes) return undefined;
    return this.#parts.segments.lend(frame.segment, frame.position + frameHeaderBytes + from, to - from);
  }

  readNow(address: BlockAddress, from: number, into: Uint8Array): boolean {
    const frame = this.#closing === undefined ? this.#find(address) : undefined;
    if (frame === undefined || from + into.byteLength > frame.storedBytes) return false;
    return this.#parts.segments.readNow(frame.segment, into, frame.position + frameHeaderBytes + from);
  }

  async stat(address: BlockAddress, options: CallOptions = {}): Promise<BlockStat | undefined> {
    this.#admit(options);
    const frame = await this.#confirmed(address, options);
    return frame === undefined ? undefined : statOf(frame);
  }

  /** On a retired volume nothing is written: the block is forgotten until the next start. */
  async delete(address: BlockAddress, options: CallOptions = {}): Promise<boolean> {
    this.#admit(options);
    const { log, ledger, retirement } = this.#parts;
    const pending = log.pendingOf(address);
    if (pending?.kind === 'delete') await raceAbort(pending.done, options.signal);
    const isThere = pending === undefined ? this.#find(address) !== undefined : pending.kind === 'put';
    if (!isThere) return false;
    if (retirement.error === undefined) await raceAbort(log.delete(address), options.signal);
    else ledger.dropped(encodeAddress(address));
    return true;
  }

  async list(query: ListQuery, options: CallOptions = {}): Promise<readonly BlockStat[]> {
    this.#admit(options);
    await this.#parts.guard.check(this.#parts.disk, options);
    const found: BlockStat[] = [];
    const after = query.after === undefined ? undefined : encodeAddress(query.after);
    for (const record of this.#parts.ledger.ascending({ after, partition: query.partition })) {
      if (found.length >= query.limit) break;
      found.push(statOf(record));
    }
    return found;
  }

  async usage(options: CallOptions = {}): Promise<VolumeUsage> {
    this.#admit(options);
    const { guard, disk, ledger, log, spares, reserveBytes } = this.#parts;
    await guard.check(disk, options);
    const { freeBytes } = await this.#space(options);
    const preparedBytes = spares.bytes + log.preparedBytes; // puts take that first
    return {
      blocks: ledger.blocks,
      liveBytes: ledger.storedBytes,
      usedBytes: ledger.usedBytes,
      freeBytes: Math.max(0, freeBytes + preparedBytes - reserveBytes),
    };
  }

  /** The root can vanish behind the look at it. */
  async #space(options: CallOptions): Promise<DiskSpace> {
    const { disk } = this.#parts;
    try {
      return await disk.space(options);
    } catch (error) {
      throw isCopysetError(error, 'disk.not_found') ? volumeGone(disk.root, error) : error;
    }
  }

  async check(options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    await this.#parts.guard.check(this.#parts.disk, options);
    this.#assertServing();
  }

  /** Resolves when there is no more garbage than allowed. */
  async compact(options: CallOptions = {}): Promise<void> {
    this.#admit(options);
    await this.#parts.compactor.settle(options);
  }

  close(options: CallOptions = {}): Promise<void> {
    this.#closing ??= this.#close();
    return raceAbort(this.#closing, options.signal);
  }

  async #close(): Promise<void> {
    const { compactor, log, segments, lock } = this.#parts;
    await compactor.close();
    await log.close();
    await segments.close();
    await lock.release();
  }

  /**
   * A sequence is given to one write only; whatever is written to its segment, also behind our back, makes it another.
   */
  #placeOf({ segment, position, sequence }: Frame): BlockPlace | undefined {
    const change = this.#parts.segments.changeOf(segment);
    return change === undefined ? undefined : `${sequence}:${segment}:${position}:${change}`;
  }

  #admit({ signal }: CallOptions): void {
    throwIfAborted(signal);
    if (this.#closing !== undefined) throw new CopysetError('closed', `volume ${this.id} is closed`);
  }

  #assertServing(): void {
    if (this.#parts.retirement.error !== undefined) throw this.#parts.retirement.error;
  }

  #find(address: BlockAddress): Frame | undefined {
    return this.#parts.ledger.find(encodeAddress(address));
  }

  /** The frame of a block that is present, now that the paths have shown to lead to it still. */
  async #confirmed(address: BlockAddress, options: CallOptions): Promise<Frame | undefined> {
    const { guard, disk } = this.#parts;
    for (let frame = this.#find(address); frame !== undefined; frame = this.#find(address)) {
      if (await guard.leadsTo(frame.segment, disk, options)) return frame;
      await this.#lose(frame, options);
    }
    await guard.check(disk, options);
    return undefined;
  }

  /** Undefined when the segment is not there: what it held has been moved, or lost. */
  async #readFrame(
    frame: Frame,
    range: StoredRange | undefined,
    options: CallOptions,
  ): Promise<Uint8Array | undefined> {
    const { segments, guard, disk, memory } = this.#parts;
    const read = (file: DiskFile) =>
      range === undefined
        ? this.#readWhole(file, frame, options)
        : readSpan(file, frame, { range, memory, ...options });
    try {
      return await segments.use(frame.segment, read, options);
    } catch (error) {
      if (!isCopysetError(error, 'disk.not_found')) throw error;
      await guard.check(disk, options);
      await this.#lose(frame, options);
      return undefined;
    }
  }

  /**
   * Looks at the frame as well: where its header is damaged the block is found for as long as this process remembers
   * where it lies, and by no start after it.
   */
  async #readWhole(file: DiskFile, frame: Frame, { signal }: CallOptions): Promise<Uint8Array> {
    const bytes = this.#parts.memory.take(frameHeaderBytes + frame.storedBytes);
    const read = await file.read(bytes, frame.position, { signal });
    const seed = segmentSeed(this.identity.incarnation, frame.segment);
    const found = decodeFrameHeader(bytes.subarray(0, read), { ...frame, seed });
    if (found === undefined || !isSameFrame(found, frame))
      throw new CopysetError('block.damaged', `the frame at ${frame.position} of segment ${frame.segment} is damaged`);
    return new Uint8Array(bytes.buffer, frameHeaderBytes, read - frameHeaderBytes);
  }

  /** Forgets the segment of a frame, unless a compaction has moved the frame out of it meanwhile. */
  async #lose(frame: Frame, { signal }: CallOptions): Promise<void> {
    const { ledger, log, segments, guard } = this.#parts;
    if (!ledger.isNeeded(frame)) return;
    await raceAbort(log.segmentLost(frame.segment), signal);
    segments.drop(frame.segment);
    guard.forget(frame.segment);
  }
}

function isSameFrame(one: Frame, other: Frame): boolean {
  const isSameWrite = one.sequence === other.sequence && one.storedBytes === other.storedBytes;
  return isSameWrite && equalBytes(one.address, other.address);
}

type Span = CallOptions & { readonly range: StoredRange; readonly memory: ReadMemory };

async function readSpan(file: DiskFile, frame: Frame, { range, memory, signal }: Span): Promise<Uint8Array> {
  const from = Math.min(range.from, frame.storedBytes);
  const to = Math.min(range.to, frame.storedBytes);
  const bytes = memory.take(to - from);
  const read = await file.read(bytes, frame.position + frameHeaderBytes + from, { signal });
  return new Uint8Array(bytes.buffer, 0, read);
}

function statOf({ address, storedBytes, writtenAtMs }: Frame): BlockStat {
  return { address: decodeAddress(address), storedBytes, writtenAtMs };
}
