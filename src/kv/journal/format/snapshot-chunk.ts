/**
 * Why: a snapshot is a stream of checksummed chunks, so that it is written and read in bounded memory: a header,
 * batches of entries, and an end that proves that nothing between is missing.
 */

import { ByteReader, ByteWriter } from '../../../base/byte-stream.ts';
import { asBuffer, fromUtf8, utf8 } from '../../../base/bytes.ts';
import { CopysetError } from '../../../base/errors.ts';
import { crc32c, digestBytes } from '../../../base/hash.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { Entry, KvStatus } from '../../kv.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import { times } from './change-codec.ts';
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

export type SnapshotHeader = {
  readonly storeId: StoreId;
  readonly journalId: VolumeId;
  /** The end of the history that the snapshot holds; all of it was committed. */
  readonly point: Point;
  readonly set: JournalSet;
  readonly status: KvStatus;
};

/** Frozen: on disk. */
export const chunkKinds = { header: 0, entries: 1, end: 2 } as const;
export type ChunkHead = { readonly kind: number; readonly payloadBytes: number; readonly payloadCrc: number };

const chunkMagic = 0x43534a53; // "CSJS"
export const chunkHeadBytes = 20;
const chunkCrcAt = chunkHeadBytes - 4;

/**
 * 0 magic 4 | 4 version 2 | 6 kind 1 | 7 reserved 1 | 8 payload bytes 4 | 12 CRC32C of the payload 4 | 16 CRC32C of
 * 0..15
 */
export function encodeChunk(kind: number, payload: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(chunkHeadBytes);
  head.writeUInt32BE(chunkMagic, 0);
  head.writeUInt16LE(formatVersion, 4);
  head.writeUInt8(kind, 6);
  head.writeUInt32LE(payload.byteLength, 8);
  head.writeUInt32LE(crc32c(payload), 12);
  head.writeUInt32LE(crc32c(head.subarray(0, chunkCrcAt)), chunkCrcAt);
  return [head, payload];
}

export function decodeChunkHead(bytes: Uint8Array): ChunkHead | undefined {
  if (bytes.byteLength < chunkHeadBytes) return undefined;
  const view = asBuffer(bytes);
  const crc = crc32c(bytes.subarray(0, chunkCrcAt));
  if (view.readUInt32BE(0) !== chunkMagic || view.readUInt32LE(chunkCrcAt) !== crc) return undefined;
  refuseNewer(view.readUInt16LE(4), 'a snapshot of the journal');
  return { kind: view.readUInt8(6), payloadBytes: view.readUInt32LE(8), payloadCrc: view.readUInt32LE(12) };
}

/**
 * 0 store id 8 | 8 journal id 8 | 16 point 64 | 80 trimmed to 8 | 88 set 10 + 8 a member | incarnation, UTF-8, to the
 * end
 */
export function encodeSnapshotHeader({ storeId, journalId, point, set, status }: SnapshotHeader): Uint8Array {
  const incarnation = utf8(status.incarnation);
  const incarnationAt = headerSetAt + setBytes(set);
  const bytes = new Uint8Array(incarnationAt + incarnation.byteLength);
  writeId(bytes, 0, storeId);
  writeId(bytes, 8, journalId);
  writePoint(bytes, 16, point);
  writeUint64(bytes, headerSetAt - 8, status.trimmedTo);
  writeSet(bytes, headerSetAt, set);
  bytes.set(incarnation, incarnationAt);
  return bytes;
}

const headerSetAt = 16 + pointBytes + 8;

export function decodeSnapshotHeader(bytes: Uint8Array): SnapshotHeader {
  const point = readPoint(bytes, 16);
  const set = readSet(bytes, headerSetAt);
  const incarnation = fromUtf8(bytes.subarray(headerSetAt + setBytes(set)));
  if (incarnation === undefined) throw new CopysetError('format.damaged', 'the incarnation in a snapshot is no text');
  const status = { revision: point.revision, trimmedTo: readUint64(bytes, headerSetAt - 8), incarnation };
  return { storeId: readId<StoreId>(bytes, 0), journalId: readId<VolumeId>(bytes, 8), point, set, status };
}

export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  const writer = new ByteWriter().varint(entries.length);
  for (const { key, value, revision } of entries) writer.varint(revision).block(key).block(value);
  return writer.finish();
}

export function decodeEntries(bytes: Uint8Array): Entry[] {
  const reader = new ByteReader(bytes);
  return times(reader.varint(), () => ({ revision: reader.varint(), key: reader.block(), value: reader.block() }));
}

export type SnapshotEnd = { readonly entries: number; readonly hash: Uint8Array };

/** Entries 8 | SHA-256 of the file up to this chunk 32 */
export function encodeEnd({ entries, hash }: SnapshotEnd): Uint8Array {
  const bytes = new Uint8Array(8 + digestBytes);
  writeUint64(bytes, 0, entries);
  bytes.set(hash, 8);
  return bytes;
}

export function decodeEnd(bytes: Uint8Array): SnapshotEnd {
  return { entries: readUint64(bytes, 0), hash: bytes.slice(8) };
}

export const endChunkBytes = chunkHeadBytes + 8 + digestBytes;
