/**
 * Why: what the volume knows of itself in memory, without any effect: which frame of each address is the newest, and
 * how much of each segment is still needed. Every change of the files is told here after it is durable.
 *
 * Needed are the newest put of each address, and the newest tombstone for as long as an older put of its address lies
 * in some segment: without it that put would come back at the next start.
 */
import { assert, present } from '../../base/assert.ts';
import { BlockIndex } from './block-index.ts';
import { type Frame, frameBytesOf } from './frame.ts';
import { type IndexRecord, isPutAt, maxStale, readRecord, segmentAt, storedBytesAt } from './record.ts';
import { segmentHeaderBytes } from './segment-header.ts';

export type SegmentAccount = {
  readonly segment: number;
  /** Of the file. */
  readonly bytes: number;
  readonly sidecarBytes: number;
  readonly sealed: boolean;
  /** Frames that are needed. */
  readonly liveBytes: number;
};

type Account = { -readonly [Key in keyof SegmentAccount]: SegmentAccount[Key] };

export class Ledger {
  readonly #index: BlockIndex;
  readonly #accounts = new Map<number, Account>();
  #blocks = 0;
  #storedBytes = 0;
  #segmentBytes = 0;
  #sidecarBytes = 0;
  #neededBytes = 0;

  /** `segments` with all their records, in any order. */
  constructor(segments: readonly { readonly account: Omit<SegmentAccount, 'liveBytes'>; readonly records: Buffer }[]) {
    for (const { account } of segments) this.#open({ ...account, liveBytes: 0 });
    this.#index = new BlockIndex(segments.map(({ records }) => records));
    this.#index.forEach((bytes, at) => {
      const storedBytes = storedBytesAt(bytes, at);
      this.#count({ isPut: isPutAt(bytes, at), segment: segmentAt(bytes, at), storedBytes }, 1);
    });
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** Stored forms of the blocks that are present. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** All files of segments. */
  get usedBytes(): number {
    return this.#segmentBytes + this.#sidecarBytes;
  }

  /** Frames that are needed. */
  get neededBytes(): number {
    return this.#neededBytes;
  }

  /** Frames that nobody needs, and padding. */
  get garbageBytes(): number {
    return this.#segmentBytes - this.#accounts.size * segmentHeaderBytes - this.#neededBytes;
  }

  /** In the order of their numbers, the newest last. */
  get segments(): readonly SegmentAccount[] {
    return [...this.#accounts.values()];
  }

  segment(number: number): SegmentAccount | undefined {
    return this.#accounts.get(number);
  }

  /** The put that is present, if any. */
  find(address: Uint8Array): IndexRecord | undefined {
    const record = this.#index.get(address);
    return record?.kind === 'put' ? record : undefined;
  }

  /** True when this very frame is the newest of its address, and needed. */
  isNeeded(frame: Frame): boolean {
    const record = this.#index.get(frame.address);
    return record !== undefined && isAt(record, frame);
  }

  /** Puts that are present, ascending; must not be used across a change. */
  *ascending(query: Parameters<BlockIndex['ascending']>[0]): Iterable<IndexRecord> {
    for (const record of this.#index.ascending(query)) if (record.kind === 'put') yield record;
  }

  segmentOpened(segment: number): void {
    assert(!this.#accounts.has(segment), `segment ${segment} is new`);
    this.#open({ segment, bytes: segmentHeaderBytes, sidecarBytes: 0, sealed: false, liveBytes: 0 });
  }

  /** Its file reaches up to here. */
  segmentPadded(segment: number, bytes: number): void {
    const account = this.#account(segment);
    this.#segmentBytes += bytes - account.bytes;
    account.bytes = bytes;
  }

  segmentSealed(segment: number): void {
    this.#account(segment).sealed = true;
  }

  sidecarWritten(segment: number, bytes: number): void {
    const account = this.#account(segment);
    this.#sidecarBytes += bytes - account.sidecarBytes;
    account.sidecarBytes = bytes;
  }

  /** All needed frames of a segment, by their position. Reads the whole index. */
  neededIn(segment: number): readonly Frame[] {
    const needed: Frame[] = [];
    this.#index.forEach((bytes, at) => {
      if (segmentAt(bytes, at) === segment) needed.push(readRecord(bytes, at));
    });
    return needed.sort((left, right) => left.position - right.position);
  }

  /** A frame, newer than all others of its address, is durable. */
  appended(frame: Frame): void {
    this.#grow(frame);
    const before = this.#index.get(frame.address);
    if (before !== undefined) this.#forget(before);
    const stale = (before?.stale ?? 0) + (before?.kind === 'put' ? 1 : 0);
    if (frame.kind === 'put' || stale > 0) this.#remember({ ...frame, stale: Math.min(stale, maxStale) });
  }

  /** A copy of the frame `from` is durable as `to`; it counts only where `from` is still needed. */
  moved(from: Frame, to: Frame): void {
    this.#grow(to);
    const record = this.#index.get(to.address);
    if (record === undefined) return;
    const moves = isAt(record, from);
    if (moves) this.#forget(record);
    const one = to.kind === 'put' ? 1 : 0;
    const stale = record.stale === maxStale ? maxStale : record.stale + one;
    if (moves) this.#remember({ ...to, stale });
    else this.#index.set({ ...record, stale });
  }

  /** A segment that nobody needs is durably gone, and with it the `frames` that it held. */
  segmentRemoved(segment: number, frames: Iterable<Frame>): void {
    assert(this.#account(segment).liveBytes === 0, `segment ${segment} is not needed`);
    this.#close(segment);
    for (const frame of frames) if (frame.kind === 'put') this.#oneStaleLess(frame.address);
  }

  /** A segment has vanished with all that it held. */
  segmentLost(segment: number): void {
    for (const { address } of this.neededIn(segment)) this.dropped(address);
    this.#close(segment);
  }

  /** The address is not to be found any more, though no tombstone says so. */
  dropped(address: Uint8Array): void {
    const record = this.#index.get(address);
    if (record === undefined) return;
    this.#forget(record);
    this.#index.delete(address);
  }

  #oneStaleLess(address: Uint8Array): void {
    const record = this.#index.get(address);
    if (record === undefined || record.stale === 0 || record.stale === maxStale) return;
    const stale = record.stale - 1;
    if (record.kind === 'tombstone' && stale === 0) this.dropped(address);
    else this.#index.set({ ...record, stale });
  }

  #remember(record: IndexRecord): void {
    this.#count({ ...record, isPut: record.kind === 'put' }, 1);
    this.#index.set(record);
  }

  #forget(record: IndexRecord): void {
    this.#count({ ...record, isPut: record.kind === 'put' }, -1);
  }

  #count(frame: { isPut: boolean; segment: number; storedBytes: number }, times: 1 | -1): void {
    const bytes = times * frameBytesOf(frame);
    this.#account(frame.segment).liveBytes += bytes;
    this.#neededBytes += bytes;
    if (!frame.isPut) return;
    this.#blocks += times;
    this.#storedBytes += times * frame.storedBytes;
  }

  #grow(frame: Frame): void {
    this.segmentPadded(frame.segment, frame.position + frameBytesOf(frame));
  }

  #open(account: Account): void {
    this.#accounts.set(account.segment, account);
    this.#segmentBytes += account.bytes;
    this.#sidecarBytes += account.sidecarBytes;
  }

  #close(segment: number): void {
    const { bytes, sidecarBytes } = this.#account(segment);
    this.#segmentBytes -= bytes;
    this.#sidecarBytes -= sidecarBytes;
    this.#accounts.delete(segment);
  }

  #account(segment: number): Account {
    return present(this.#accounts.get(segment), `the account of segment ${segment}`);
  }
}

function isAt(record: Frame, frame: Frame): boolean {
  return record.segment === frame.segment && record.position === frame.position;
}

/** Bytes of frames that nobody needs, and padding. */
export function garbageBytesOf({ bytes, liveBytes }: SegmentAccount): number {
  return bytes - segmentHeaderBytes - liveBytes;
}
