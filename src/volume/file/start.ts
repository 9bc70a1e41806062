/**
 * Why: everything a volume knows it finds again from its segments at the start: the sidecars of the sealed ones, a scan
 * of the one that was written last. A tail that a crash has torn is cut off; what a killed process left unsynced is
 * synced before anybody hears that it is there. On a retired volume nothing is written, so its last segment is as the
 * others.
 */
import { alignUp } from '../../base/bytes.ts';
import { isCopysetError } from '../../base/errors.ts';
import type { Disk } from '../../disk/disk.ts';
import type { ActiveSegment } from './append-log.ts';
import type { GroupWriter } from './group-writer.ts';
import type { VolumeIdentity } from './identity.ts';
import type { SegmentAccount } from './ledger.ts';
import { type PathGuard, volumeGone } from './path-guard.ts';
import {
  parseSegmentFileName,
  type SegmentFileName,
  segmentPath,
  segmentsPath,
  sidecarPath,
  sparePath,
} from './paths.ts';
import { type FoundFrames, readFrames, readSealed, type SegmentFile } from './read-frames.ts';
import { recordBytes, sequenceAt } from './record.ts';
import type { Retirement } from './retirement.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import type { Spare } from './spare-segments.ts';

export type StartParts = {
  readonly disk: Disk;
  readonly identity: VolumeIdentity;
  readonly guard: PathGuard;
  readonly retirement: Retirement;
  readonly writer: GroupWriter;
};

export type LoadedSegment = { readonly account: Omit<SegmentAccount, 'liveBytes'>; readonly records: Buffer };

export type Started = {
  readonly segments: readonly LoadedSegment[];
  readonly active: ActiveSegment | undefined;
  readonly spareFiles: readonly Spare[];
  readonly nextSegment: number;
  readonly nextSequence: number;
};

export async function loadSegments(parts: StartParts): Promise<Started> {
  const names = await listSegmentFiles(parts);
  const numbers = names.filter(({ kind }) => kind === 'segment').map(({ segment }) => segment);
  const last = numbers.pop();
  const segments: LoadedSegment[] = [];
  for (const segment of numbers) segments.push(await loadSealed(parts, await findSegment(parts, segment)));
  const active = last === undefined ? undefined : await loadLast(parts, last, segments);
  return {
    segments,
    active,
    spareFiles: await findSpares(parts.disk, names),
    nextSegment: 1 + (names.at(-1)?.segment ?? 0),
    nextSequence: 1 + highestSequence(segments),
  };
}

/** Ascending; a sidecar whose segment is gone is removed, as a compaction would have done next. */
async function listSegmentFiles({ disk, retirement }: StartParts): Promise<SegmentFileName[]> {
  const names = (await listNames(disk)).map(parseSegmentFileName).filter((name) => name !== undefined);
  const segments = new Set(names.filter(({ kind }) => kind === 'segment').map(({ segment }) => segment));
  const orphans = names.filter(({ kind, segment }) => kind === 'sidecar' && !segments.has(segment));
  if (retirement.error === undefined) for (const { segment } of orphans) await disk.remove(sidecarPath(segment));
  return names;
}

async function listNames(disk: Disk): Promise<string[]> {
  try {
    return await disk.list(segmentsPath);
  } catch (error) {
    throw isCopysetError(error, 'disk.not_found') ? volumeGone(disk.root, error) : error;
  }
}

async function findSpares(disk: Disk, names: readonly SegmentFileName[]): Promise<Spare[]> {
  const paths = names.filter(({ kind }) => kind === 'spare').map(({ segment }) => sparePath(segment));
  return Promise.all(paths.map(async (path) => ({ path, bytes: (await disk.stat(path))?.bytes ?? 0 })));
}

async function findSegment({ disk, guard }: StartParts, segment: number): Promise<SegmentFile> {
  const entry = await disk.stat(segmentPath(segment));
  if (entry === undefined) throw volumeGone(disk.root);
  guard.expect(segment, entry.identity);
  return { segment, segmentBytes: entry.bytes };
}

async function loadSealed({ disk, identity, retirement }: StartParts, file: SegmentFile): Promise<LoadedSegment> {
  const readOnly = retirement.error !== undefined;
  const { records, sidecarBytes } = await readSealed(disk, identity, file, { readOnly });
  return { account: { segment: file.segment, bytes: file.segmentBytes, sidecarBytes, sealed: true }, records };
}

/** Adds the segment that was written last to `segments`; resolves with it when it is to be written on. */
async function loadLast(
  parts: StartParts,
  segment: number,
  segments: LoadedSegment[],
): Promise<ActiveSegment | undefined> {
  const file = await findSegment(parts, segment);
  const frames = await readFrames(parts.disk, parts.identity, file);
  if (frames.end === segmentHeaderBytes && parts.retirement.error === undefined) {
    await parts.disk.remove(segmentPath(segment)); // its first group, perhaps its header, was never acknowledged
    return undefined;
  }
  const active = await reopen(parts, file, frames);
  const bytes = active?.end ?? file.segmentBytes;
  const account = { segment, bytes, sidecarBytes: frames.sidecarBytes, sealed: active === undefined };
  segments.push({ account, records: frames.records.bytes });
  return active;
}

/** Undefined when the volume is retired, as it is when the sync fails. */
async function reopen(
  { disk, retirement, writer }: StartParts,
  { segment, segmentBytes }: SegmentFile,
  { end: framesEnd, records, isListed }: FoundFrames,
): Promise<ActiveSegment | undefined> {
  if (retirement.error !== undefined) return undefined;
  const file = await disk.open(segmentPath(segment), 'write', { direct: writer.direct });
  const end = alignUp(framesEnd, writer.alignBytes);
  try {
    if (framesEnd < segmentBytes) await file.truncate(framesEnd);
    if (framesEnd < end) await file.truncate(end); // with zeros, where a torn frame may have been
    await retirement.sync(() => file.sync());
    await retirement.sync(() => disk.syncDirectory(segmentsPath));
    const listedEnd = isListed ? framesEnd : segmentHeaderBytes;
    return { segment, file, records, end, listedEnd, preparedBytes: end, nameIsDurable: true };
  } catch (error) {
    await file.close();
    if (retirement.error !== undefined) return undefined;
    throw error;
  }
}

function highestSequence(segments: readonly LoadedSegment[]): number {
  let highest = 0;
  for (const { records } of segments) {
    for (let at = 0; at < records.byteLength; at += recordBytes) highest = Math.max(highest, sequenceAt(records, at));
  }
  return highest;
}
