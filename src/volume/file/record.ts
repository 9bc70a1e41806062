/**
 * Why: where a frame lies, in 64 bytes: what the index in memory and the sidecars on disk are made of. One layout for
 * both, so that a start copies bytes and makes no objects.
 */
import { blockAddressBytes } from '../../base/block-address.ts';
import { alignBytes, decodeKind, type Frame, frameKinds } from './frame.ts';

export const recordBytes = 64;

/** A frame that is the newest of its address. */
export type IndexRecord = Frame & {
  /** Older puts of the same address that still lie in some segment. */
  readonly stale: number;
};

/** From here on nothing is counted any more; such a record is never let go. */
export const maxStale = 0xffff;

/*
 * 0 address 36 | 36 segment 4 | 40 position / 64 4 | 44 stored bytes 4 | 48 sequence 6 | 54 written at, ms 6 | 60 kind
 * 1 | 61 reserved 1 (zero) | 62 stale 2 (zero on disk); integers little endian
 */
export function writeRecord(into: Buffer, at: number, record: IndexRecord): void {
  into.set(record.address, at);
  into.writeUInt32LE(record.segment, at + 36);
  into.writeUInt32LE(record.position / alignBytes, at + 40);
  into.writeUInt32LE(record.storedBytes, at + 44);
  into.writeUIntLE(record.sequence, at + 48, 6);
  into.writeUIntLE(record.writtenAtMs, at + 54, 6);
  into.writeUInt8(frameKinds[record.kind], at + 60);
  into.writeUInt8(0, at + 61);
  into.writeUInt16LE(record.stale, at + 62);
}

export function readRecord(from: Buffer, at: number): IndexRecord {
  return {
    address: new Uint8Array(from.subarray(at, at + blockAddressBytes)),
    segment: segmentAt(from, at),
    position: from.readUInt32LE(at + 40) * alignBytes,
    storedBytes: storedBytesAt(from, at),
    sequence: sequenceAt(from, at),
    writtenAtMs: from.readUIntLE(at + 54, 6),
    kind: decodeKind(from.readUInt8(at + 60)),
    stale: from.readUInt16LE(at + 62),
  };
}

export function segmentAt(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 36);
}

export function storedBytesAt(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 44);
}

export function sequenceAt(from: Buffer, at: number): number {
  return from.readUIntLE(at + 48, 6);
}

export function isPutAt(from: Buffer, at: number): boolean {
  return from.readUInt8(at + 60) === frameKinds.put;
}

export function writeStale(into: Buffer, at: number, stale: number): void {
  into.writeUInt16LE(stale, at + 62);
}

/** Records of one segment, one after the other, while it is written or scanned. */
export class RecordList {
  #bytes: Buffer;
  #end: number;

  /** `known`: the first ones, which belong to the list from here on. */
  constructor(known: Buffer = Buffer.alloc(0)) {
    this.#bytes = known;
    this.#end = known.byteLength;
  }

  /** A view, until the next `add`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  add(frame: Frame): void {
    if (this.#end + recordBytes > this.#bytes.byteLength) this.#grow();
    writeRecord(this.#bytes, this.#end, { ...frame, stale: 0 });
    this.#end += recordBytes;
  }

  #grow(): void {
    const grown = Buffer.alloc(Math.max(16 * recordBytes, this.#end * 2));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

/** The records in `bytes`, in their order. */
export function* recordsIn(bytes: Buffer): Iterable<IndexRecord> {
  for (let at = 0; at < bytes.byteLength; at += recordBytes) yield readRecord(bytes, at);
}
