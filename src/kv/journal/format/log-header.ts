/**
 * Why: each log file says whose it is and where in the history it begins, so that none can be taken for another, or
 * be missed.
 */
import { asBuffer } from '../../../base/bytes.ts';
import { crc32c } from '../../../base/hash.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import {
  formatVersion,
  pointBytes,
  readId,
  readPoint,
  readSet,
  readUint64,
  refuseNewer,
  setBytes,
  writeId,
  writePoint,
  writeSet,
  writeUint64,
} from './fields.ts';

export type LogHeader = {
  readonly storeId: StoreId;
  /** The volume that holds this journal. */
  readonly journalId: VolumeId;
  /** Files of one journal are numbered in the order in which they were made. */
  readonly fileNumber: number;
  /**
   * The record or snapshot before the first record. All up to it was durable in this journal when the file was made.
   */
  readonly previous: Point;
  /** In force after `previous`, if nothing changes it. */
  readonly set: JournalSet;
};

const headerMagic = 0x43534a4c; // "CSJL"
const pointAt = 32;
const setAt = pointAt + pointBytes;

/*
 * 0 magic 4 | 4 version 2 | 6 header bytes 2 | 8 store id 8 | 16 journal id 8 | 24 file number 8 | 32 previous 64 |
 * 96 set 10 + 8 a member | CRC32C of all before 4
 */
export function encodeLogHeader(header: LogHeader): Uint8Array {
  const crcAt = setAt + setBytes(header.set);
  const bytes = Buffer.alloc(crcAt + 4);
  bytes.writeUInt32BE(headerMagic, 0);
  bytes.writeUInt16LE(formatVersion, 4);
  bytes.writeUInt16LE(bytes.byteLength, 6);
  writeId(bytes, 8, header.storeId);
  writeId(bytes, 16, header.journalId);
  writeUint64(bytes, 24, header.fileNumber);
  writePoint(bytes, pointAt, header.previous);
  writeSet(bytes, setAt, header.set);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, crcAt)), crcAt);
  return bytes;
}

/** No header is longer: its length is written in two bytes. */
export const maxLogHeaderBytes = 0xffff;

/** The header at the start of `bytes` and its length; undefined when there is none. */
export function decodeLogHeader(bytes: Uint8Array): { header: LogHeader; bytes: number } | undefined {
  if (bytes.byteLength < setAt) return undefined;
  const view = asBuffer(bytes);
  const headerBytes = view.readUInt16LE(6);
  const crcAt = headerBytes - 4;
  if (view.readUInt32BE(0) !== headerMagic || headerBytes < setAt || bytes.byteLength < headerBytes) return undefined;
  if (view.readUInt32LE(crcAt) !== crc32c(bytes.subarray(0, crcAt))) return undefined;
  refuseNewer(view.readUInt16LE(4), 'a log file of the journal');
  const header = {
    storeId: readId<StoreId>(bytes, 8),
    journalId: readId<VolumeId>(bytes, 16),
    fileNumber: readUint64(bytes, 24),
    previous: readPoint(bytes, pointAt),
    set: readSet(bytes, setAt),
  };
  return { header, bytes: headerBytes };
}
