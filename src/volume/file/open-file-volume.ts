/**
 * Why: an open puts the parts of a volume together, in the one order that is safe: whose it is, the lock, what it
 * holds.
 */
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import type { BlockAddress } from '../../base/block-address.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import { ReadMemory } from '../../base/read-memory.ts';
import type { Disk, DiskLock, DiskSpace } from '../../disk/disk.ts';
import { limitDisk } from '../../disk/limit.ts';
import { type AppendLimits, AppendLog } from './append-log.ts';
import { type CompactionLimits, Compactor } from './compactor.ts';
import { FileVolume } from './file-volume.ts';
import { newGroupWriter, type SpanLimits } from './group-writer.ts';
import type { VolumeIdentity } from './identity.ts';
import { Ledger } from './ledger.ts';
import { OpenSegments } from './open-segments.ts';
import { PathGuard } from './path-guard.ts';
import { identityPath, lockPath } from './paths.ts';
import { readVolumeIdentity } from './read-identity.ts';
import { Retirement } from './retirement.ts';
import { type SpareLimits, SpareSegments } from './spare-segments.ts';
import { loadSegments } from './start.ts';

export type FileVolumeLimits = AppendLimits &
  SpanLimits &
  SpareLimits &
  CompactionLimits & {
    /** Disk calls of this volume at one time: the log has its spans, the compactor one, the rest is for reads. */
    readonly maxInFlight: number;
    /** Reads that wait for their turn. */
    readonly maxWaiting: number;
    readonly maxOpenSegments: number;
  };

export type OpenFileVolume = {
  readonly disk: Disk;
  readonly storeId: StoreId;
  /** When given, no other volume will do. */
  readonly volumeId?: VolumeId;
  readonly clock: Clock;
  readonly limits?: Partial<FileVolumeLimits>;
  /** Where blocks are read into; memory that is not used again when left out. */
  readonly memory?: ReadMemory;
  /** Awaited before a group is taken: those who are about to write too share its sync. */
  readonly gather?: () => Promise<void>;
  /** A compaction found this block damaged; it is missing from now on, or cannot be read. */
  readonly onDamage?: (address: BlockAddress) => void;
  /** What went wrong in the background. The volume serves on. */
  readonly onProblem?: (error: CopysetError) => void;
};

/** `volume.gone` where there is none, `volume.foreign`, `volume.locked`, `format.damaged`, `format.unknown_version`. */
export async function openFileVolume(options: OpenFileVolume, { signal }: CallOptions = {}): Promise<FileVolume> {
  throwIfAborted(signal);
  const opening = openVolume(options);
  try {
    return await raceAbort(opening, signal);
  } catch (error) {
    opening.then((volume) => volume.close()).catch(() => undefined); // nobody is left to hear of it
    throw error;
  }
}

async function openVolume(options: OpenFileVolume): Promise<FileVolume> {
  const { disk } = options;
  const identity = await readIdentity(options);
  const lock = await disk.lock(lockPath);
  try {
    return await openLocked(options, identity, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function readIdentity({ disk, storeId, volumeId }: OpenFileVolume): Promise<VolumeIdentity> {
  const identity = await readVolumeIdentity(disk);
  if (identity.storeId !== storeId) {
    throw new CopysetError('volume.foreign', `${disk.root} belongs to store ${identity.storeId}`);
  }
  if (volumeId !== undefined && identity.volumeId !== volumeId) {
    throw new CopysetError('volume.foreign', `${disk.root} is volume ${identity.volumeId}, not ${volumeId}`);
  }
  return identity;
}

async function openLocked(options: OpenFileVolume, identity: VolumeIdentity, lock: DiskLock): Promise<FileVolume> {
  const { clock } = options;
  const limits = { ...defaultLimits(await options.disk.space(), options.limits), ...options.limits };
  const [logDisk, compactionDisk, disk] = shares(options.disk, limits);
  const guard = new PathGuard(disk.root, (await disk.stat(identityPath))?.identity ?? '');
  await guard.check(disk);
  const retirement = await Retirement.open(logDisk, clock);
  const writer = await newGroupWriter(logDisk, identityPath, limits);
  const started = await loadSegments({ disk: logDisk, identity, guard, retirement, writer });
  const ledger = new Ledger(started.segments);
  const segments = new OpenSegments(disk, limits.maxOpenSegments);
  const spares = new SpareSegments({ disk: logDisk, isDirect: writer.direct, limits, found: started.spareFiles });
  const shared = { clock, identity, ledger, guard, retirement, writer, limits, spares };
  const log: AppendLog = new AppendLog({
    ...shared,
    ...started,
    disk: logDisk,
    gather: options.gather,
    onRoom: (bytes) => compactor.noteRoom(bytes),
    onGroup: () => compactor.wake(),
  });
  const { onDamage = () => undefined, onProblem = () => undefined } = options;
  const compactor = new Compactor({ ...shared, disk: compactionDisk, segments, log, onDamage, onProblem });
  compactor.wake();
  const { reserveBytes } = limits;
  const { memory = new ReadMemory({ maxFreeBytes: 0 }) } = options;
  return new FileVolume({ ...shared, disk, segments, log, compactor, memory, lock, reserveBytes });
}

/** A device that hangs takes no more threads than it was given, and reads never keep the log from its next sync. */
function shares(disk: Disk, limits: FileVolumeLimits): [log: Disk, compaction: Disk, reads: Disk] {
  const { maxInFlight, maxSpansInFlight, maxWaiting } = limits;
  const log = { maxInFlight: maxSpansInFlight, maxWaiters: Number.POSITIVE_INFINITY };
  const compaction = { maxInFlight: 1, maxWaiters: Number.POSITIVE_INFINITY };
  const reads = { maxInFlight: Math.max(1, maxInFlight - maxSpansInFlight - 1), maxWaiters: maxWaiting };
  return [limitDisk(disk, log), limitDisk(disk, compaction), limitDisk(disk, reads)];
}

const mebibyte = 1024 * 1024;

/** A segment, and what the rewrite of one takes, stay small against the device. */
function defaultLimits({ totalBytes }: DiskSpace, given: Partial<FileVolumeLimits> = {}): FileVolumeLimits {
  const { segmentBytes = Math.min(256 * mebibyte, Math.floor(totalBytes / 64)) } = given;
  return {
    segmentBytes,
    headroomBytes: 2 * segmentBytes,
    reserveBytes: 2 * segmentBytes + Math.min(16 * mebibyte, Math.floor(totalBytes / 64)),
    maxGroupBytes: 32 * mebibyte,
    spanBytes: 2 * mebibyte,
    maxSpansInFlight: 4,
    checkpointBytes: Math.floor(segmentBytes / 2),
    maxQueuedJobs: 1024,
    maxQueuedBytes: 256 * mebibyte,
    maxGarbageShare: 0.5,
    minGarbageBytes: Math.floor(segmentBytes / 8),
    batchBytes: mebibyte,
    tightBytes: 8 * segmentBytes,
    spareBytes: segmentBytes,
    bytesPerSecond: 64 * mebibyte,
    maxInFlight: 7,
    maxWaiting: 1024,
    maxOpenSegments: 64,
    maxSpareSegments: 16,
    maxSpareShare: 0.5,
    spareRoomBytes: 16 * 1024 * mebibyte,
  };
}
