/**
 * Why: a segment is a row of frames, each found and checked by itself, so that a start after a crash knows what is
 * whole, and damage hides nothing behind it. A frame is a put (header, then a block in the stored form) or a tombstone
 * (a header).
 *
 * The checksum of a header goes on from the seed of its segment: neither payload that looks like a frame, nor a frame
 * that another segment left in recycled space, passes for one of this segment.
 */
import { assert } from '../../base/assert.ts';
import { blockAddressBytes } from '../../base/block-address.ts';
import { alignUp, asBuffer } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { crc32c } from '../../base/hash.ts';
import { blockLeadBytes } from '../../base/page-memory.ts';
import { storedHeaderBytes } from '../stored-form.ts';
import type { Incarnation } from './identity.ts';

/** Frames start at multiples of this, counted from the start of the file. */
export const alignBytes = 64;
export const frameHeaderBytes = 64;
assert(frameHeaderBytes + storedHeaderBytes === blockLeadBytes, 'a block lies behind the headers of its frame');
/** What every frame begins with. */
export const frameMagic = Buffer.from('CSF1', 'latin1');
const magic = frameMagic.readUInt32BE();
const crcAt = frameHeaderBytes - 4;

/** Frozen: on disk. */
export const frameKinds = { put: 1, tombstone: 2 } as const;
export type FrameKind = keyof typeof frameKinds;

/** A frame, and where it lies. */
export type Frame = {
  readonly kind: FrameKind;
  /** Encoded: base/block-address.ts. */
  readonly address: Uint8Array;
  readonly segment: number;
  /** Of the frame's header in the segment. */
  readonly position: number;
  /** Of the stored form; 0 for a tombstone. */
  readonly storedBytes: number;
  /** Of two frames of one address the higher one tells the truth. A frame keeps its sequence when it is moved. */
  readonly sequence: number;
  readonly writtenAtMs: number;
};

/** What a frame takes in its segment, header and padding included. */
export function frameBytesOf({ storedBytes }: { readonly storedBytes: number }): number {
  return alignUp(frameHeaderBytes + storedBytes, alignBytes);
}

/** What the checksums of a segment's frames start from. */
export function segmentSeed(incarnation: Incarnation, segment: number): number {
  const bytes = Buffer.alloc(12);
  bytes.write(incarnation, 'hex');
  bytes.writeUInt32LE(segment, 8);
  return crc32c(bytes);
}

/*
 * 0 magic 4 | 4 stored bytes 4 | 8 sequence 6 | 14 written at, ms 6 | 20 address 36 | 56 kind 1 | 57 reserved 3 (zero)
 * | 60 CRC32C of incarnation, segment number and bytes 0..59; integers little endian
 */
export function encodeFrameHeader(frame: Frame, seed: number): Uint8Array {
  assert(frame.address.byteLength === blockAddressBytes, 'an encoded address');
  const bytes = Buffer.alloc(frameHeaderBytes);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt32LE(frame.storedBytes, 4);
  bytes.writeUIntLE(frame.sequence, 8, 6);
  bytes.writeUIntLE(frame.writtenAtMs, 14, 6);
  bytes.set(frame.address, 20);
  bytes.writeUInt8(frameKinds[frame.kind], 56);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, crcAt), seed), crcAt);
  return bytes;
}

export type FramePlace = { readonly segment: number; readonly position: number; readonly seed: number };

/**
 * The frame whose header starts `bytes`, or undefined when there is none; `format.unknown_version` for an unknown kind.
 */
export function decodeFrameHeader(bytes: Uint8Array, { segment, position, seed }: FramePlace): Frame | undefined {
  if (bytes.byteLength < frameHeaderBytes) return undefined;
  const view = asBuffer(bytes);
  if (view.readUInt32BE(0) !== magic) return undefined;
  if (view.readUInt32LE(crcAt) !== crc32c(bytes.subarray(0, crcAt), seed)) return undefined;
  return {
    kind: decodeKind(view.readUInt8(56)),
    address: new Uint8Array(bytes.subarray(20, 20 + blockAddressBytes)),
    segment,
    position,
    storedBytes: view.readUInt32LE(4),
    sequence: view.readUIntLE(8, 6),
    writtenAtMs: view.readUIntLE(14, 6),
  };
}

export function decodeKind(code: number): FrameKind {
  if (code === frameKinds.put) return 'put';
  if (code === frameKinds.tombstone) return 'tombstone';
  throw new CopysetError('format.unknown_version', `a frame of kind ${code}`);
}
