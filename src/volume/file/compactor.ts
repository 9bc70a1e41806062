/**
 * Why: space comes back by rewriting: of the segment with most garbage the needed frames are verified and appended anew,
 * and when those copies are durable, never before, the segment is removed. Where a crash stops it, both copies are there,
 * and the next start counts one of them.
 *
 * A frame that fails its verification is not copied: the block is reported and from then on missing, so that repair brings
 * it back. One that cannot be read at all stays where it is, and its segment too, until repair has replaced it.
 */
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { type BlockAddress, decodeAddress } from '../../base/block-address.ts';
import { emptyBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../base/errors.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import { findDamage } from '../stored-form.ts';
import type { AppendLog } from './append-log.ts';
import { type CompactionBounds, leastShareWhenFull, needsCompaction, pickVictim } from './compaction-policy.ts';
import { type Frame, frameBytesOf, frameHeaderBytes } from './frame.ts';
import type { VolumeIdentity } from './identity.ts';
import type { Ledger, SegmentAccount } from './ledger.ts';
import type { OpenSegments } from './open-segments.ts';
import type { PathGuard } from './path-guard.ts';
import { segmentPath, segmentsPath, sidecarPath } from './paths.ts';
import { readSealed } from './read-frames.ts';
import { recordsIn } from './record.ts';
import type { Retirement } from './retirement.ts';

export type CompactionLimits = CompactionBounds & {
  /** Frames copied between two pauses. */
  readonly batchBytes: number;
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
  readonly log: AppendLog;
  readonly limits: CompactionLimits;
  readonly onDamage: (address: BlockAddress) => void;
  readonly onProblem: (error: CopysetError) => void;
};

export class Compactor {
  readonly #parts: CompactorParts;
  readonly #closing = new AbortController();
  /** Segments that failed, by what was needed of them then. */
  readonly #failed = new Map<number, number>();
  #isFull = false;
  #running: Promise<void> | undefined;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /** Puts are refused for want of space. */
  full(): void {
    this.#isFull = true;
    this.wake();
  }

  /** Starts in the background if there is need; cheap. */
  wake(): void {
    if (this.#running !== undefined || this.#closing.signal.aborted || this.#victim() === undefined) return;
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

  #victim(): SegmentAccount | undefined {
    const { retirement, ledger, limits } = this.#parts;
    const isNeeded = needsCompaction(ledger, limits);
    if (retirement.error !== undefined || !(isNeeded || this.#isFull)) return undefined;
    const avoided = ({ segment, liveBytes }: SegmentAccount) => this.#failed.get(segment) === liveBytes;
    return pickVictim(ledger.segments, { leastShare: isNeeded ? 0 : leastShareWhenFull, avoided });
  }

  async #run(): Promise<void> {
    for (let victim = this.#victim(); victim !== undefined; victim = this.#victim()) {
      try {
        await this.#rewrite(victim.segment);
      } catch (error) {
        if (!this.#goesOnAfter(toCopysetError(error), victim.segment)) return;
      }
    }
    this.#isFull = false;
  }

  #goesOnAfter(error: CopysetError, segment: number): boolean {
    if (this.#closing.signal.aborted || isCopysetError(error, 'volume.gone', 'volume.retired', 'closed')) return false;
    this.#failed.set(segment, this.#parts.ledger.segment(segment)?.liveBytes ?? 0);
    this.#parts.onProblem(error);
    return true;
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
    await this.#remove(segment);
    ledger.segmentRemoved(segment, recordsIn(records));
  }

  async #copyNeeded(segment: number, frames: Iterable<Frame>): Promise<void> {
    const file = await this.#parts.disk.open(segmentPath(segment), 'read');
    try {
      for (const batch of this.#batches(frames)) {
        throwIfAborted(this.#closing.signal);
        await Promise.all(batch.map((frame) => this.#copy(file, frame)));
        await this.#pause(totalFrameBytes(batch));
      }
    } finally {
      await file.close();
    }
  }

  *#batches(frames: Iterable<Frame>): Iterable<readonly Frame[]> {
    let batch: Frame[] = [];
    for (const frame of frames) {
      if (this.#parts.ledger.isNeeded(frame)) batch.push(frame);
      if (totalFrameBytes(batch) < this.#parts.limits.batchBytes) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async #copy(file: DiskFile, frame: Frame): Promise<void> {
    const address = decodeAddress(frame.address);
    const stored = await this.#read(file, frame, address);
    const expected = { address, volumeId: this.#parts.identity.volumeId };
    const isWhole = frame.kind === 'tombstone' || findDamage(stored, expected) === undefined;
    if (isWhole) await this.#parts.log.move(frame, stored);
    else await this.#leaveOut(frame, address);
  }

  async #read(file: DiskFile, frame: Frame, address: BlockAddress): Promise<Uint8Array> {
    if (frame.kind === 'tombstone') return emptyBytes;
    const stored = new Uint8Array(frame.storedBytes);
    try {
      return stored.subarray(0, await file.read(stored, frame.position + frameHeaderBytes));
    } catch (error) {
      this.#parts.onDamage(address);
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
    await log.delete(address);
  }

  /** The sidecar first: a segment without one is scanned, one without a segment is nothing. */
  async #remove(segment: number): Promise<void> {
    const { disk, guard, retirement, segments } = this.#parts;
    await guard.check(disk);
    await disk.remove(sidecarPath(segment));
    await disk.remove(segmentPath(segment));
    await retirement.sync(() => disk.syncDirectory(segmentsPath));
    segments.drop(segment);
    guard.forget(segment);
  }

  async #pause(bytes: number): Promise<void> {
    const ms = (bytes / this.#parts.limits.bytesPerSecond) * 1000;
    if (ms > 0) await this.#parts.clock.sleep(ms, { signal: this.#closing.signal });
  }
}

function totalFrameBytes(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + frameBytesOf(frame), 0);
}
