/**
 * Why: a segment begins as a new file or as a spare. A spare has the header of its new segment, and that has its name,
 * both durable, before the first frame is written: what a crash leaves under the name of a spare holds no frame that a
 * later segment could take for its own.
 */
import type { Clock } from '../../base/clock.ts';
import { isCopysetError } from '../../base/errors.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import type { GroupWriter } from './group-writer.ts';
import type { VolumeIdentity } from './identity.ts';
import type { PathGuard } from './path-guard.ts';
import { segmentPath, segmentsPath } from './paths.ts';
import type { Retirement } from './retirement.ts';
import { encodeSegmentHeader } from './segment-header.ts';
import type { Spare, SpareSegments } from './spare-segments.ts';

export type BeginParts = {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly identity: VolumeIdentity;
  readonly guard: PathGuard;
  readonly retirement: Retirement;
  readonly writer: GroupWriter;
  readonly spares: SpareSegments;
};

export type BegunSegment = {
  readonly file: DiskFile;
  /** Up to here the file lies on the device already, whatever is in it. */
  readonly preparedBytes: number;
  readonly nameIsDurable: boolean;
};

/** With its header; nothing is left of it when that fails. */
export async function beginSegment(parts: BeginParts, segment: number): Promise<BegunSegment> {
  await parts.guard.check(parts.disk);
  const spare = parts.spares.take();
  const reused = spare === undefined ? undefined : await reuse(parts, spare, segment);
  return reused ?? create(parts, segment);
}

async function create(parts: BeginParts, segment: number): Promise<BegunSegment> {
  const { disk, writer } = parts;
  const file = await disk.open(segmentPath(segment), 'create-new', { direct: writer.direct });
  try {
    await writeHeader(parts, file, segment);
    await expectIt(parts, segment);
  } catch (error) {
    await leave(disk, file, [segmentPath(segment)]);
    throw error;
  }
  return { file, preparedBytes: 0, nameIsDurable: false };
}

/** Undefined when somebody removed the spare. */
async function reuse(parts: BeginParts, spare: Spare, segment: number): Promise<BegunSegment | undefined> {
  const { disk, retirement } = parts;
  const file = await openSpare(parts, spare);
  if (file === undefined) return undefined;
  try {
    await writeHeader(parts, file, segment);
    await retirement.sync(() => file.sync());
    await disk.rename(spare.path, segmentPath(segment));
    await retirement.sync(() => disk.syncDirectory(segmentsPath));
    await expectIt(parts, segment);
  } catch (error) {
    await leave(disk, file, [spare.path, segmentPath(segment)]);
    throw error;
  }
  return { file, preparedBytes: spare.bytes, nameIsDurable: true };
}

async function openSpare({ disk, writer }: BeginParts, { path }: Spare): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, 'write', { direct: writer.direct });
  } catch (error) {
    if (isCopysetError(error, 'disk.not_found')) return undefined;
    throw error;
  }
}

async function writeHeader({ clock, identity, writer }: BeginParts, file: DiskFile, segment: number): Promise<void> {
  const createdAtMs = Math.floor(clock.wallMs());
  await writer.write(file, [encodeSegmentHeader({ ...identity, segment, createdAtMs })], 0);
}

async function expectIt({ disk, guard }: BeginParts, segment: number): Promise<void> {
  guard.expect(segment, (await disk.stat(segmentPath(segment)))?.identity ?? '');
}

/** What cannot be removed harms nobody: it holds no frame. */
async function leave(disk: Disk, file: DiskFile, paths: readonly string[]): Promise<void> {
  await Promise.allSettled([file.close(), ...paths.map((path) => disk.remove(path))]);
}
