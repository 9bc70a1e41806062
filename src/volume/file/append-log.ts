/**
 * Why: everything that is written to a volume goes through one queue to the end of one segment, in groups: one write
 * and one sync for all that came while the group before was under way. A job is done when its frame, and the name of
 * its segment, are durable and the path still leads there; a group that fails is cut off again and leaves nothing
 * behind.
 *
 * There is no signal here: who gives up waiting leaves the job under way, as the contracts of disk and volume say.
 */
import { addressKey, type BlockAddress, encodeAddress } from '../../base/block-address.ts';
import { alignUp } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import type { SealedBlock } from '../stored-form.ts';
import { beginSegment } from './begin-segment.ts';
import { type Frame, frameBytesOf, segmentSeed } from './frame.ts';
import { firstGroup, groupBytes, largeFrameBytes, placeGroup } from './group.ts';
import type { GroupWriter } from './group-writer.ts';
import type { VolumeIdentity } from './identity.ts';
import { framePieces, type Job, type JobContent, newJob } from './job.ts';
import { KnownRoom } from './known-room.ts';
import type { Ledger } from './ledger.ts';
import { type PathGuard, volumeGone } from './path-guard.ts';
import { segmentPath, segmentsPath } from './paths.ts';
import { RecordList } from './record.ts';
import { admitJobs, type ReserveLimits } from './reserve.ts';
import type { Retirement } from './retirement.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import { writeSidecar } from './sidecar.ts';
import type { SpareSegments } from './spare-segments.ts';

export type AppendLimits = ReserveLimits & {
  /** A segment ends before it grows beyond this, except where one block is larger. */
  readonly segmentBytes: number;
  readonly maxGroupBytes: number;
  /** A start after a kill scans no more than this, and what one group adds. */
  readonly checkpointBytes: number;
  readonly maxQueuedJobs: number;
  readonly maxQueuedBytes: number;
};

/** The segment that is written, as the last start left it or as it was begun here. */
export type ActiveSegment = {
  readonly segment: number;
  readonly file: DiskFile;
  readonly records: RecordList;
  /** Behind the last durable group: the next one begins here. */
  end: number;
  /** Up to here its sidecar lists the frames. */
  listedEnd: number;
  /** Up to here the file lies on the device, whatever is in it behind `end`. */
  preparedBytes: number;
  nameIsDurable: boolean;
};

export type AppendLogParts = {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly identity: VolumeIdentity;
  readonly ledger: Ledger;
  readonly guard: PathGuard;
  readonly retirement: Retirement;
  readonly writer: GroupWriter;
  readonly spares: SpareSegments;
  readonly limits: AppendLimits;
  readonly active: ActiveSegment | undefined;
  readonly nextSegment: number;
  readonly nextSequence: number;
  /** What puts may still take, as of now. */
  readonly onRoom: (bytes: number) => void;
  /** After every group. */
  readonly onGroup: () => void;
  readonly gather: (() => Promise<void>) | undefined;
};

/** Beyond the reserve: no device takes that in the time for which its room is taken as known. */
const plentyBytes = 16 * 1024 ** 3;
const roomMaxAgeMs = 1000;

export class AppendLog {
  readonly #parts: AppendLogParts;
  readonly #queue: Job[] = [];
  /** Puts and deletes that are not done, by address, in their order. */
  readonly #pending = new Map<string, readonly Job[]>();
  /** Where the first group of a segment begins. */
  readonly #firstEnd: number;
  readonly #room: KnownRoom;
  #queuedBytes = 0;
  #active: ActiveSegment | undefined;
  #nextSegment: number;
  #nextSequence: number;
  #turn: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;

  constructor(parts: AppendLogParts) {
    this.#parts = parts;
    this.#firstEnd = alignUp(segmentHeaderBytes, parts.writer.alignBytes);
    const { disk, clock, limits } = parts;
    this.#room = new KnownRoom({ disk, clock, plentyBytes: limits.reserveBytes + plentyBytes, maxAgeMs: roomMaxAgeMs });
    this.#active = parts.active;
    this.#nextSegment = parts.nextSegment;
    this.#nextSequence = parts.nextSequence;
  }

  /** Of the segment that is written: room that the device has given already. */
  get preparedBytes(): number {
    return this.#active === undefined ? 0 : Math.max(0, this.#active.preparedBytes - this.#active.end);
  }

  /** The last put or delete of this address that is not done yet. */
  pendingOf(address: BlockAddress): { readonly kind: JobContent['kind']; readonly done: Promise<void> } | undefined {
    const job = this.#pending.get(addressKey(address))?.at(-1);
    return job === undefined ? undefined : { kind: job.content.kind, done: job.done.promise };
  }

  /** `busy` when too many writes wait. */
  async put(block: SealedBlock): Promise<void> {
    await this.#write(block.address, this.#admit({ kind: 'put', block }));
  }

  /** `busy` when too many writes wait. */
  async delete(address: BlockAddress): Promise<void> {
    await this.#write(address, this.#admit({ kind: 'delete', address }));
  }

  /** A delete that is part of a rewrite, and as welcome as a move. */
  async leaveOut(address: BlockAddress): Promise<void> {
    await this.#write(address, newJob({ kind: 'delete', address }));
  }

  /** Copies a needed frame to the end; where it is not needed any more by then, the copy is not either. */
  async move(from: Frame, stored: Uint8Array): Promise<void> {
    const job = newJob({ kind: 'move', from, stored });
    this.#enqueue(job);
    await job.done.promise;
  }

  /** Ends the segment, if it is the one that is written. */
  seal(segment: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#active?.segment === segment) await this.#seal(this.#active);
    });
  }

  /** Somebody removed the segment, though not the volume: what it held is not there any more. */
  segmentLost(segment: number): Promise<void> {
    return this.#inTurn(() => this.#lose(segment));
  }

  /** Finishes what is queued, takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0) await this.#turn;
    await this.#inTurn(async () => {
      const active = this.#active;
      if (active === undefined) return;
      await Promise.allSettled([this.#cutUnused(active)]); // what stays is scanned by the next start
      await this.#list(active);
      await active.file.close();
      this.#active = undefined;
    });
  }

  #admit(content: JobContent): Job {
    const job = newJob(content);
    const { maxQueuedJobs, maxQueuedBytes } = this.#parts.limits;
    const fits = this.#queue.length < maxQueuedJobs && this.#queuedBytes + job.frameBytes <= maxQueuedBytes;
    if (fits || this.#queue.length === 0) return job;
    throw new CopysetError('busy', `${this.#parts.disk.root}: too many writes wait`);
  }

  async #write(address: BlockAddress, job: Job): Promise<void> {
    this.#enqueue(job);
    const key = addressKey(address);
    this.#pending.set(key, [...(this.#pending.get(key) ?? []), job]);
    try {
      await job.done.promise;
    } finally {
      const others = (this.#pending.get(key) ?? []).filter((other) => other !== job);
      if (others.length > 0) this.#pending.set(key, others);
      else this.#pending.delete(key);
    }
  }

  #enqueue(job: Job): void {
    if (this.#closed) throw new CopysetError('closed', `${this.#parts.disk.root}: the volume is closed`);
    this.#queue.push(job);
    this.#queuedBytes += job.frameBytes;
    this.#schedule();
  }

  /** One group after the other; between two groups others have their turn. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#inTurn(async () => {
      const { gather } = this.#parts;
      if (gather !== undefined && this.#queuedBytes < largeFrameBytes) await gather();
      this.#scheduled = false;
      await this.#appendGroup(this.#takeGroup());
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined); // who called hears of it; the next has its turn all the same
    return done;
  }

  /** What one write and one sync will cover. */
  #takeGroup(): Job[] {
    const { limits, writer } = this.#parts;
    const { alignBytes } = writer;
    const wholeBytes = limits.segmentBytes - (limits.segmentBytes % alignBytes);
    const leftBytes = wholeBytes - (this.#active?.end ?? this.#firstEnd);
    const room = {
      leftBytes,
      emptyBytes: wholeBytes - this.#firstEnd,
      maxGroupBytes: limits.maxGroupBytes,
      alignBytes,
    };
    const group = firstGroup(this.#queue, room);
    this.#queue.splice(0, group.length);
    for (const { frameBytes } of group) this.#queuedBytes -= frameBytes;
    return group;
  }

  async #appendGroup(jobs: readonly Job[]): Promise<void> {
    const { retirement, disk, limits, onRoom, onGroup } = this.#parts;
    try {
      if (retirement.error !== undefined) throw retirement.error;
      const { written, remembered, refused, roomBytes } = admitJobs(jobs, await this.#freeBytes(), limits);
      if (written.length > 0) await this.#append(written);
      for (const job of written) job.done.resolve();
      onRoom(roomBytes);
      const surplus = [...remembered, ...refused];
      if (surplus.length > 0) this.#refuse(surplus, full(disk));
      await this.#checkpoint();
    } catch (error) {
      this.#room.forget();
      if (isCopysetError(error, 'disk.full')) onRoom(0);
      this.#refuse(jobs, isCopysetError(error, 'disk.not_found') ? volumeGone(disk.root, error) : error);
    }
    onGroup();
  }

  /** Spares give way to what is to be written. */
  async #freeBytes(): Promise<number> {
    const freeBytes = await this.#room.free();
    if (!(await this.#parts.spares.fit(freeBytes))) return freeBytes;
    this.#room.forget();
    return this.#room.free();
  }

  /** A delete needs no room: it is remembered, though not beyond the next start. */
  #refuse(jobs: readonly Job[], error: unknown): void {
    for (const { content, done } of jobs) {
      if (content.kind === 'delete' && isCopysetError(error, 'disk.full')) {
        this.#parts.ledger.dropped(encodeAddress(content.address));
        done.resolve();
      } else done.reject(error);
    }
  }

  async #append(jobs: readonly Job[]): Promise<void> {
    const active = await this.#segmentFor(groupBytes(jobs, this.#parts.writer.alignBytes));
    const start = active.end;
    const frames = this.#place(jobs, active);
    try {
      await this.#writeDurably(active, this.#piecesOf(jobs, frames));
    } catch (error) {
      await this.#cutOff(active);
      throw error;
    }
    for (const [at, job] of jobs.entries()) this.#account(job, frames[at] as Frame, active);
    active.end = alignUp(active.end, this.#parts.writer.alignBytes);
    this.#parts.ledger.segmentPadded(active.segment, active.end);
    this.#room.wrote(active.end - start);
  }

  #place(jobs: readonly Job[], { segment, end }: ActiveSegment): Frame[] {
    const writtenAtMs = Math.floor(this.#parts.clock.wallMs());
    const at = { segment, position: end, sequence: this.#nextSequence, writtenAtMs };
    this.#nextSequence += jobs.length;
    return placeGroup(jobs, at, this.#parts.writer.alignBytes);
  }

  #piecesOf(jobs: readonly Job[], frames: readonly Frame[]): Uint8Array[] {
    const { volumeId, incarnation } = this.#parts.identity;
    return frames.flatMap((frame, at) => {
      const before = frames[at - 1];
      const gap = before === undefined ? 0 : frame.position - before.position - frameBytesOf(before);
      const pieces = framePieces(jobs[at] as Job, frame, { volumeId, seed: segmentSeed(incarnation, frame.segment) });
      return gap === 0 ? pieces : [new Uint8Array(gap), ...pieces];
    });
  }

  async #writeDurably(active: ActiveSegment, pieces: readonly Uint8Array[]): Promise<void> {
    const { disk, guard, retirement, writer } = this.#parts;
    await writer.write(active.file, pieces, active.end);
    await retirement.sync(() => active.file.sync());
    if (!active.nameIsDurable) await retirement.sync(() => disk.syncDirectory(segmentsPath));
    active.nameIsDurable = true;
    if (await guard.leadsTo(active.segment, disk)) return;
    await this.#lose(active.segment);
    throw new CopysetError('disk.io', `${disk.root}/${segmentPath(active.segment)} was removed or replaced`);
  }

  /** The frames of a failed group must not come back at the next start, least of all a tombstone. */
  async #cutOff(active: ActiveSegment): Promise<void> {
    if (this.#parts.retirement.error !== undefined || this.#active !== active) return;
    try {
      await active.file.truncate(active.end);
      active.preparedBytes = active.end;
      await active.file.sync();
    } catch (error) {
      throw await this.#parts.retirement.retire(error);
    }
  }

  #account({ content }: Job, frame: Frame, active: ActiveSegment): void {
    active.end = frame.position + frameBytesOf(frame);
    active.records.add(frame);
    if (content.kind === 'move') this.#parts.ledger.moved(content.from, frame);
    else this.#parts.ledger.appended(frame);
  }

  async #segmentFor(bytes: number): Promise<ActiveSegment> {
    const active = this.#active;
    const fits = active !== undefined && active.end + bytes <= this.#parts.limits.segmentBytes;
    if (active !== undefined && (fits || active.end === this.#firstEnd)) return active;
    if (active !== undefined) await this.#seal(active);
    this.#active = await this.#begin(this.#nextSegment++);
    return this.#active;
  }

  async #begin(segment: number): Promise<ActiveSegment> {
    const { ledger } = this.#parts;
    const begun = await beginSegment(this.#parts, segment);
    ledger.segmentOpened(segment);
    ledger.segmentPadded(segment, this.#firstEnd);
    return { ...begun, segment, records: new RecordList(), end: this.#firstEnd, listedEnd: this.#firstEnd };
  }

  async #seal(active: ActiveSegment): Promise<void> {
    this.#active = undefined;
    await Promise.allSettled([this.#cutUnused(active)]);
    await Promise.allSettled([active.file.close()]); // all of it is durable
    await this.#list(active);
    this.#parts.ledger.segmentSealed(active.segment);
  }

  /** A file that ends behind its last group is one that its sidecar tells all of. */
  async #cutUnused(active: ActiveSegment): Promise<void> {
    if (active.preparedBytes <= active.end || this.#parts.retirement.error !== undefined) return;
    await active.file.truncate(active.end);
    active.preparedBytes = active.end;
  }

  async #checkpoint(): Promise<void> {
    const active = this.#active;
    if (active === undefined || active.end - active.listedEnd < this.#parts.limits.checkpointBytes) return;
    await this.#list(active);
  }

  /** Writes the sidecar of a segment that is ours still; a start without it takes longer, and that is all. */
  async #list(active: ActiveSegment): Promise<void> {
    const { disk, identity, ledger, guard, retirement } = this.#parts;
    const { segment, end, records, listedEnd } = active;
    if (end === listedEnd || retirement.error !== undefined) return;
    const [isOurs] = await Promise.allSettled([guard.leadsTo(segment, disk)]);
    if (isOurs.status === 'rejected' || !isOurs.value) return;
    const sidecarBytes = await writeSidecar(disk, identity, { segment, segmentBytes: end, records: records.bytes });
    ledger.sidecarWritten(segment, sidecarBytes);
    active.listedEnd = end;
  }

  async #lose(segment: number): Promise<void> {
    if (this.#parts.ledger.segment(segment) === undefined) return;
    this.#parts.ledger.segmentLost(segment);
    if (this.#active?.segment !== segment) return;
    await Promise.allSettled([this.#active.file.close()]); // it has no name any more
    this.#active = undefined;
  }
}

function full({ root }: Disk): CopysetError {
  return new CopysetError('disk.full', `${root}: only the reserve is left`);
}
