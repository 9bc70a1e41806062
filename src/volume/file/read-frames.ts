/** Why: which frames lie in a segment, a start and a compaction learn alike: from its sidecar, else from itself. */
import type { Disk, DiskFile } from '../../disk/disk.ts';
import { segmentSeed } from './frame.ts';
import type { VolumeIdentity } from './identity.ts';
import { segmentPath } from './paths.ts';
import { type Scan, scanSegment } from './scan.ts';
import { checkSegmentHeader, segmentHeaderBytes } from './segment-header.ts';
import { readSidecar, sidecarBytesOf, writeSidecar } from './sidecar.ts';

export type SegmentFile = {
  readonly segment: number;
  /** Of the file. */
  readonly segmentBytes: number;
};

/** The records of a sealed segment, and the bytes of its sidecar, which is written where it is missing. */
export async function readSealed(
  disk: Disk,
  identity: VolumeIdentity,
  target: SegmentFile,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<{ readonly records: Buffer; readonly sidecarBytes: number }> {
  const sidecar = await readSidecar(disk, identity, target);
  if (sidecar !== undefined) return { records: sidecar.records, sidecarBytes: sidecarBytesOf(sidecar) };
  const { records } = await scanFile(disk, identity, target);
  const missing = { ...target, records: records.bytes };
  const sidecarBytes = readOnly ? 0 : await writeSidecar(disk, identity, missing);
  return { records: records.bytes, sidecarBytes };
}

/** `volume.foreign` and `format.unknown_version` when the segment is not for us. */
export async function scanFile(disk: Disk, identity: VolumeIdentity, target: SegmentFile): Promise<Scan> {
  const path = segmentPath(target.segment);
  const file = await disk.open(path, 'read');
  try {
    await checkHeader(file, identity, target);
    const seed = segmentSeed(identity.incarnation, target.segment);
    return await scanSegment(file, { ...target, seed, volumeId: identity.volumeId });
  } finally {
    await file.close();
  }
}

async function checkHeader(file: DiskFile, identity: VolumeIdentity, { segment }: SegmentFile): Promise<void> {
  const header = new Uint8Array(segmentHeaderBytes);
  const read = await file.read(header, 0);
  checkSegmentHeader(header.subarray(0, read), { ...identity, segment }, segmentPath(segment));
}
