/**
 * Why: a segment says by itself whose it is, so that a file that strayed into the directory is seen, and a newer format
 * refused. Frames do not depend on it: they are found and checked with the volume's identity alone.
 */
import { asBuffer, hex } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { crc32c } from '../../base/hash.ts';
import type { VolumeIdentity } from './identity.ts';

export const segmentHeaderBytes = 64;
const magic = 0x43534731; // "CSG1"
const formatVersion = 1;
const crcAt = segmentHeaderBytes - 4;

export type SegmentHeader = Pick<VolumeIdentity, 'storeId' | 'volumeId' | 'incarnation' | 'createdAtMs'> & {
  readonly segment: number;
};

/*
 * 0 magic 4 | 4 version 2 | 6 reserved 2 | 8 store id 8 | 16 volume id 8 | 24 incarnation 8 | 32 segment number 4 | 36
 * reserved 4 | 40 created at, ms 8 | 48 reserved 12 | 60 CRC32C of bytes 0..59; integers little endian, reserved zero
 */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt16LE(formatVersion, 4);
  bytes.set(idsOf(header), 8);
  bytes.writeUInt32LE(header.segment, 32);
  bytes.writeBigUInt64LE(BigInt(header.createdAtMs), 40);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, crcAt)), crcAt);
  return bytes;
}

function idsOf({ storeId, volumeId, incarnation }: SegmentHeader): Buffer {
  return Buffer.from(storeId + volumeId + incarnation, 'hex');
}

/**
 * Refuses a segment that is not for this program (`format.unknown_version`) or not of this volume (`volume.foreign`). A
 * damaged header is no reason to refuse: the frames behind it may be whole.
 */
export function checkSegmentHeader(
  bytes: Uint8Array,
  expected: Omit<SegmentHeader, 'createdAtMs'>,
  where: string,
): void {
  if (bytes.byteLength < segmentHeaderBytes) return;
  const view = asBuffer(bytes);
  if (view.readUInt32BE(0) !== magic || view.readUInt32LE(crcAt) !== crc32c(view.subarray(0, crcAt))) return;
  if (view.readUInt16LE(4) !== formatVersion) {
    throw new CopysetError('format.unknown_version', `${where}: a segment of format ${view.readUInt16LE(4)}`);
  }
  const same = hex(view.subarray(8, 32)) === expected.storeId + expected.volumeId + expected.incarnation;
  if (!same || view.readUInt32LE(32) !== expected.segment) {
    throw new CopysetError('volume.foreign', `${where}: this segment belongs to another place`);
  }
}
