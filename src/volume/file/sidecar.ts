/**
 * Why: a start reads where the frames of a segment lie from a small file beside it, instead of the segment. It is
 * written when the segment is sealed, and now and then before, so that a start after a kill scans little. It is never
 * trusted without its checksum: what it does not list is scanned.
 */
import { asBuffer } from '../../base/bytes.ts';
import { crc32c } from '../../base/hash.ts';
import type { Disk } from '../../disk/disk.ts';
import { readWholeFile } from '../../disk/whole-file.ts';
import { segmentSeed } from './frame.ts';
import type { VolumeIdentity } from './identity.ts';
import { sidecarPath } from './paths.ts';

import { recordBytes } from './record.ts';

export const sidecarHeaderBytes = 64;
const magic = 0x43535831; // "CSX1"
const formatVersion = 1;
const crcAt = sidecarHeaderBytes - 4;

export type Sidecar = {
  readonly segment: number;
  /** All frames up to here are listed. */
  readonly segmentBytes: number;
  /** record.ts, in the order of the frames. */
  readonly records: Buffer;
};

/*
 * 0 magic 4 | 4 version 2 | 6 reserved 2 | 8 volume id 8 | 16 segment number 4 | 20 number of records 4 | 24 bytes of
 * the segment 8 | 32 reserved 28 | 60 CRC32C of incarnation, segment number, bytes 0..59, records | 64 records;
 * integers little endian, reserved zero
 */
export function encodeSidecarHeader(sidecar: Sidecar, { volumeId, incarnation }: VolumeIdentity): Buffer {
  const { segment, segmentBytes, records } = sidecar;
  const header = Buffer.alloc(sidecarHeaderBytes);
  header.writeUInt32BE(magic, 0);
  header.writeUInt16LE(formatVersion, 4);
  header.write(volumeId, 8, 'hex');
  header.writeUInt32LE(segment, 16);
  header.writeUInt32LE(records.byteLength / recordBytes, 20);
  header.writeBigUInt64LE(BigInt(segmentBytes), 24);
  header.writeUInt32LE(checksum(header, records, segmentSeed(incarnation, segment)), crcAt);
  return header;
}

export function sidecarBytesOf({ records }: Pick<Sidecar, 'records'>): number {
  return sidecarHeaderBytes + records.byteLength;
}

function checksum(header: Buffer, records: Buffer, seed: number): number {
  return crc32c(records, crc32c(header.subarray(0, crcAt), seed));
}

/**
 * Undefined when these bytes are no whole sidecar of this version and this segment: the segment itself is the truth.
 */
export function decodeSidecar(bytes: Uint8Array, segment: number, identity: VolumeIdentity): Sidecar | undefined {
  if (bytes.byteLength < sidecarHeaderBytes) return undefined;
  const header = asBuffer(bytes).subarray(0, sidecarHeaderBytes);
  const records = asBuffer(bytes).subarray(sidecarHeaderBytes);
  if (header.readUInt32BE(0) !== magic || header.readUInt16LE(4) !== formatVersion) return undefined;
  if (records.byteLength !== header.readUInt32LE(20) * recordBytes) return undefined;
  if (header.readUInt32LE(crcAt) !== checksum(header, records, segmentSeed(identity.incarnation, segment)))
    return undefined;
  return { segment, segmentBytes: Number(header.readBigUInt64LE(24)), records };
}

/** Bytes written; 0 when the disk does not take it, which costs the next start a scan and nobody anything now. */
export async function writeSidecar(disk: Disk, identity: VolumeIdentity, sidecar: Sidecar): Promise<number> {
  const header = encodeSidecarHeader(sidecar, identity);
  const path = sidecarPath(sidecar.segment);
  try {
    const file = await disk.open(path, 'create');
    await file.truncate(0);
    await file.write([header, sidecar.records], 0);
    await file.close();
    return sidecarBytesOf(sidecar);
  } catch {
    await Promise.allSettled([disk.remove(path)]);
    return 0;
  }
}

/** `segmentBytes`: of the file; a sidecar that speaks of more is not of this file. */
export async function readSidecar(
  disk: Disk,
  identity: VolumeIdentity,
  { segment, segmentBytes }: Pick<Sidecar, 'segment' | 'segmentBytes'>,
): Promise<Sidecar | undefined> {
  const bytes = await readWholeFile(disk, sidecarPath(segment));
  const sidecar = bytes === undefined ? undefined : decodeSidecar(bytes, segment, identity);
  return sidecar !== undefined && sidecar.segmentBytes <= segmentBytes ? sidecar : undefined;
}
