/**
 * Why: space comes back by rewriting: of the segment with most garbage the needed frames are verified and appended
 * anew, and when those copies are durable, never before, the segment is removed. Where a crash stops it, both copies
 * are there, and the next start counts one of them.
 *
 * A frame that fails its verification is not copied: the block is reported and from then on missing, so that repair
 * brings it back. One that cannot be read at all stays where it is, and its segment too, until repair has replaced it.
 */
import { assert } from '../../base/assert.ts';
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { type BlockAddress, decodeAddress } from '../../base/block-address.ts';
import { emptyBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../base/errors.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import { findDamage } from '../stored-form.ts';
import type { AppendLog } from './append-log.ts';
import {
  type CompactionBounds,
  leastShareWhenTight,
  needsCompaction,
  paddingOfRewrite,
  pickVictim,
} from './compaction-policy.ts';
import { alignBytes, type Frame, frameBytesOf, frameHeaderBytes } from './frame.ts';
import type { GroupWriter } from './group-writer.ts';
import type { VolumeIdentity } from './identity.ts';
import type { Ledger, SegmentAccount } from './ledger.ts';
import type { OpenSegments } from './open-segments.ts';
import type { PathGuard } from './path-guard.ts';
import { segmentPath, segmentsPath, sidecarPath, sparePath } from './paths.ts';
import { readSealed } from './read-frames.ts';
import { recordsIn } from './record.ts';
import type { Retirement } from './retirement.ts';
import type { SpareSegments } from './spare-segments.ts';

export type CompactionLimits = CompactionBounds & {
  /** Frames copied between two pauses. */
  readonly batchBytes: number;
  /** When puts may take less than this, a little garbage is worth a rewrite. */
  readonly tightBytes: number;
  /** What a rewrite takes besides the copies: sidecars of segments that end meanwhile. */
  readonly spareBytes: number;
  /** The pauses keep copying below this. */
  readonly bytesPerSecond: number;
};

export type CompactorParts = {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly identity: VolumeIdentity;
  readonly ledger: Ledger;
  readonly guard: PathGuard;
  readonly retirement: Retirement;
  readonly segments: OpenSegments;
  readonly spares: SpareSegments;
  readonly log: AppendLog;
  readonly writer: GroupWriter;
  readonly limits: CompactionLimits;
  readonly onDamage: (address: BlockAddress) => void;
  readonly onProblem: (error: CopysetError) => void;
};

/** Of tombstones, which take few bytes. */
const maxBatchFrames = 2048;

export class Compactor {
  readonly #parts: CompactorParts;
  readonly #closing = new AbortController();
  /** Segments that failed, by what was needed of them then. */
  readonly #failed = new Map<number, number>();
  #isTight = false;
  #running: Promise<void> | undefined;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /** What puts may still take. */
  noteRoom(bytes: number): void {
    this.#isTight = bytes < this.#parts.limits.tightBytes;
  }

  /** Starts in the background if there is need; cheap. */
  wake(): void {
    if (this.#running !== undefined || this.#closing.signal.aborted || !this.#isNeeded()) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when there is no need of compaction any more. */
  async settle(options: CallOptions = {}): Promise<void> {
    this.wake();
    await raceAbort(this.#running ?? Promise.resolve(), options.signal);
  }

  /** Stops at the next frame. */
  async close(): Promise<void> {
    this.#closing.abort(new CopysetError('closed', `${this.#parts.disk.root}: the volume is closed`));
    await this.#running;
  }

  #isNeeded(): boolean {
    const { retirement, ledger, limits } = this.#parts;
    return retirement.error === undefined && (this.#isTight || needsCompaction(ledger, limits));
  }

  /** A mistake of ours stops it for good: it would only repeat it. */
  async #run(): Promise<void> {
    try {
      for (let victim = await this.#victim(); victim !== undefined; victim = await this.#victim()) {
        await this.#tryRewrite(victim.segment);
      }
    } catch (cause) {
      const error = toCopysetError(cause);
      if (error.kind === 'bug') this.#closing.abort(error);
      if (error.kind === 'bug' || !this.#isEnd(error)) this.#parts.onProblem(error);
    }
  }

  async #tryRewrite(segment: number): Promise<void> {
    try {
      await this.#rewrite(segment);
    } catch (cause) {
      const error = toCopysetError(cause);
      if (error.kind === 'bug' || this.#isEnd(error)) throw error;
      this.#failed.set(segment, this.#parts.ledger.segment(segment)?.liveBytes ?? 0);
      this.#parts.onProblem(error);
    }
  }

  /** Others have heard of it, and nothing more is to be done here. */
  #isEnd(error: CopysetError): boolean {
    return this.#closing.signal.aborted || isCopysetError(error, 'volume.gone', 'volume.retired', 'closed');
  }

  /** One that has failed is let be until something else of it is needed; one that has no room, until there is. */
  async #victim(): Promise<SegmentAccount | undefined> {
    const { disk, ledger, limits, writer } = this.#parts;
    if (this.#closing.signal.aborted || !this.#isNeeded()) return undefined;
    const { freeBytes } = await disk.space();
    const avoided = ({ segment, liveBytes }: SegmentAccount) =>
      this.#failed.get(segment) === liveBytes || (liveBytes > 0 && liveBytes + limits.spareBytes > freeBytes);
    const leastShare = needsCompaction(ledger, limits) ? 0 : leastShareWhenTight;
    const groupBytes = Math.min(limits.batchBytes, maxBatchFrames * alignBytes);
    const paddingOf = paddingOfRewrite({ groupBytes, mostPaddingBytes: writer.alignBytes - alignBytes });
    return pickVictim(ledger.segments, { leastShare, avoided, paddingOf });
  }

  async #rewrite(segment: number): Promise<void> {
    const { disk, identity, ledger, log } = this.#parts;
    await log.seal(segment);
    const segmentBytes = ledger.segment(segment)?.bytes ?? 0;
    const { records } = await readSealed(disk, identity, { segment, segmentBytes });
    await this.#copyNeeded(segment, recordsIn(records));
    const unlisted = ledger.segment(segment)?.liveBytes === 0 ? [] : ledger.neededIn(segment);
    if (unlisted.length > 0) await this.#copyNeeded(segment, unlisted);
    if (ledger.segment(segment) === undefined) return; // it was lost meanwhile
    assert(ledger.segment(segment)?.liveBytes === 0, `segment ${segment} is not needed`);
    await this.#remove(segment);
    ledger.segmentRemoved(segment, recordsIn(records));
  }

  async #copyNeeded(segment: number, frames: Iterable<Frame>): Promise<void> {
    const file = await this.#parts.disk.open(segmentPath(segment), 'read');
    try {
      for (const batch of this.#batches(frames)) {
        throwIfAborted(this.#closing.signal);
        await this.#copyBatch(file, batch);
        await this.#pause(totalFrameBytes(batch));
      }
    } finally {
      await file.close();
    }
  }

  *#batches(frames: Iterable<Frame>): Iterable<readonly Frame[]> {
    let [batch, bytes]: [Frame[], number] = [[], 0];
    for (const frame of frames) {
      if (!this.#parts.ledger.isNeeded(frame)) continue;
      batch.push(frame);
      bytes += frameBytesOf(frame);
      if (batch.length < maxBatchFrames && bytes < this.#parts.limits.batchBytes) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
    if (batch.length > 0) yield batch;
  }

  /** All is read before any of it is appended: what comes to the log at once is one group, with little padding. */
  async #copyBatch(file: DiskFile, batch: readonly Frame[]): Promise<void> {
    const reads = await Promise.allSettled(batch.map((frame) => this.#read(file, frame)));
    const copies = batch.map((frame, at) => {
      const read = reads[at];
      return read?.status === 'fulfilled' ? this.#copy(frame, read.value) : Promise.reject(read?.reason);
    });
    for (const copy of await Promise.allSettled(copies)) if (copy.status === 'rejected') throw copy.reason;
  }

  async #copy(frame: Frame, stored: Uint8Array): Promise<void> {
    const address = decodeAddress(frame.address);
    const expected = { address, volumeId: this.#parts.identity.volumeId };
    const isWhole = frame.kind === 'tombstone' || findDamage(stored, expected) === undefined;
    if (isWhole) await this.#parts.log.move(frame, stored);
    else await this.#leaveOut(frame, address);
  }

  async #read(file: DiskFile, frame: Frame): Promise<Uint8Array> {
    if (frame.kind === 'tombstone') return emptyBytes;
    const stored = new Uint8Array(frame.storedBytes);
    try {
      return stored.subarray(0, await file.read(stored, frame.position + frameHeaderBytes));
    } catch (error) {
      this.#parts.onDamage(decodeAddress(frame.address));
      throw error;
    }
  }

  /** Unless somebody else has replaced or deleted it by then. */
  async #leaveOut(frame: Frame, address: BlockAddress): Promise<void> {
    const { log, ledger, onDamage } = this.#parts;
    for (let other = log.pendingOf(address); other !== undefined; other = log.pendingOf(address)) {
      await Promise.allSettled([other.done]);
    }
    if (!ledger.isNeeded(frame)) return;
    onDamage(address);
    await log.leaveOut(address);
  }

  /** The sidecar first: a segment without one is scanned, one without a segment is nothing. */
  async #remove(segment: number): Promise<void> {
    const { disk, ledger, guard, retirement, segments, spares } = this.#parts;
    const spare = { path: sparePath(segment), bytes: ledger.segment(segment)?.bytes ?? 0 };
    const isKept = spares.keeps(spare.bytes, ledger.neededBytes);
    await guard.check(disk);
    await disk.remove(sidecarPath(segment));
    if (isKept) await disk.rename(segmentPath(segment), spare.path);
    else await disk.remove(segmentPath(segment));
    await retirement.sync(() => disk.syncDirectory(segmentsPath));
    segments.drop(segment);
    guard.forget(segment);
    if (isKept) spares.add(spare, segments.unread(segment));
    else await spares.trim(ledger.neededBytes);
  }

  async #pause(bytes: number): Promise<void> {
    const ms = (bytes / this.#parts.limits.bytesPerSecond) * 1000;
    if (ms > 0) await this.#parts.clock.sleep(ms, { signal: this.#closing.signal });
  }
}

function totalFrameBytes(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + frameBytesOf(frame), 0);
}
