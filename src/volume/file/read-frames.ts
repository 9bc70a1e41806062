/** Why: which frames lie in a segment, a start and a compaction learn alike: from its sidecar, else from itself. */
import type { Disk, DiskFile } from '../../disk/disk.ts';
import { segmentSeed } from './frame.ts';
import type { VolumeIdentity } from './identity.ts';
import { segmentPath } from './paths.ts';
import { RecordList } from './record.ts';
import { type Scan, scanSegment } from './scan.ts';
import { checkSegmentHeader, segmentHeaderBytes } from './segment-header.ts';
import { readSidecar, sidecarBytesOf, writeSidecar } from './sidecar.ts';

export type SegmentFile = {
  readonly segment: number;
  /** Of the file. */
  readonly segmentBytes: number;
};

export type FoundFrames = Scan & {
  /** Of a sidecar to be believed; 0 when there is none. */
  readonly sidecarBytes: number;
  /** That sidecar knows all frames. */
  readonly isListed: boolean;
};

/**
 * The frames that the sidecar knows, and those behind them. `volume.foreign` and `format.unknown_version` when the
 * segment is not for us.
 */
export async function readFrames(disk: Disk, identity: VolumeIdentity, target: SegmentFile): Promise<FoundFrames> {
  const sidecar = await readSidecar(disk, identity, target);
  const known = { records: sidecar?.records ?? Buffer.alloc(0), end: sidecar?.segmentBytes ?? segmentHeaderBytes };
  const sidecarBytes = sidecar === undefined ? 0 : sidecarBytesOf(sidecar);
  if (sidecar?.segmentBytes === target.segmentBytes) {
    return { records: new RecordList(known.records), end: known.end, sidecarBytes, isListed: true };
  }
  const file = await disk.open(segmentPath(target.segment), 'read');
  try {
    await checkHeader(file, identity, target);
    const seed = segmentSeed(identity.incarnation, target.segment);
    const scan = await scanSegment(file, { ...target, seed, known, volumeId: identity.volumeId });
    return { ...scan, sidecarBytes, isListed: false };
  } finally {
    await file.close();
  }
}

/** The records of a sealed segment, and the bytes of its sidecar, which is written where it is missing. */
export async function readSealed(
  disk: Disk,
  identity: VolumeIdentity,
  target: SegmentFile,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<{ readonly records: Buffer; readonly sidecarBytes: number }> {
  const { records, sidecarBytes, isListed } = await readFrames(disk, identity, target);
  if (isListed || readOnly) return { records: records.bytes, sidecarBytes };
  const missing = { ...target, records: records.bytes };
  return { records: records.bytes, sidecarBytes: await writeSidecar(disk, identity, missing) };
}

async function checkHeader(file: DiskFile, identity: VolumeIdentity, { segment }: SegmentFile): Promise<void> {
  const header = new Uint8Array(segmentHeaderBytes);
  const read = await file.read(header, 0);
  checkSegmentHeader(header.subarray(0, read), { ...identity, segment }, segmentPath(segment));
}
