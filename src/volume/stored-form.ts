/**
 * Why: a block lies on every kind of volume in one self-describing form, so that scrub, repair and a stranger with a
 * hex dump can verify it without the catalog. docs/formats/stored-form.md tells it byte by byte.
 *
 *   header (128) | payload | table: checksum of each 64 KiB chunk (4 each, little endian) | digest (32)
 *
 * digest = SHA-256(header, digest of the payload by the hash of its name, table): the payload is the plain block, so
 * its digest is the name's and costs nothing more. The header names the volume, so a misdirected or swapped copy shows.
 * History: versions 1 and 2 (a name by BLAKE3), with CRC32C of chunks, then 3 and 4, with CRC-32: 2026-11.
 */
import { assert } from '../base/assert.ts';
import { type BlockAddress, blockAddressBytes, decodeAddress, encodeAddress } from '../base/block-address.ts';
import { type BlockName, digestOf, knownNameHash, nameBlock } from '../base/block-name.ts';
import { asBuffer, equalBytes, fromHex, hex, totalBytes } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { crc32, crc32c, digestBytes, type NameHash, nameDigest, sha256 } from '../base/hash.ts';
import type { VolumeId } from '../base/ids.ts';

export const storedHeaderBytes = 128;
export const chunkBytes = 64 * 1024;
const magic = 0x43534231; // "CSB1"
/** What a table can hold. */
const chunkCrcs = { crc32c, crc32 } as const;
export type ChunkChecksum = keyof typeof chunkCrcs;
/** Natively twice as fast as the one before; a table made by that is read for ever. docs/design/name-hash.md */
const newChecksum: ChunkChecksum = 'crc32';
/** By checksum and name: a program that knows only one of each must not take another for damage. */
const formatVersions = {
  crc32c: { sha256: 1, blake3: 2 },
  crc32: { sha256: 3, blake3: 4 },
} as const satisfies Record<ChunkChecksum, Record<NameHash, number>>;
const payloadBytesAt = 52;
const headerCrcAt = storedHeaderBytes - 4;

/** Frozen: on disk. 1 and above are reserved (compression, encryption). */
export const encodings = { plain: 0 } as const;

/** A block ready for any number of volumes: everything but the volume's id. Made once, shared by M writers. */
export type SealedBlock = {
  readonly address: BlockAddress;
  readonly payload: readonly Uint8Array[];
  readonly payloadBytes: number;
  readonly payloadDigest: Uint8Array;
  readonly table: Uint8Array;
};

export type StoredHeader = {
  readonly address: BlockAddress;
  readonly volumeId: VolumeId;
  readonly payloadBytes: number;
  /** Of each chunk. */ readonly checksum: ChunkChecksum;
};

/** The number of bytes a payload takes in stored form. */
export function storedBytesOf(payloadBytes: number): number {
  return storedHeaderBytes + payloadBytes + tableBytesOf(payloadBytes) + digestBytes;
}

function tableBytesOf(payloadBytes: number): number {
  return Math.ceil(payloadBytes / chunkBytes) * 4;
}

/** Names and checksums a plain block. */
export function sealBlock(payload: readonly Uint8Array[], classId: number, hash: NameHash): SealedBlock {
  return sealNamed(nameBlock(payload, hash), payload, classId);
}

/** As `sealBlock`, for bytes whose name was verified already. */
export function sealNamed(name: BlockName, payload: readonly Uint8Array[], classId: number): SealedBlock {
  const payloadDigest = fromHex(digestOf(name));
  assert(payloadDigest !== undefined, 'a name holds a digest');
  return {
    address: { name, classId, fragment: 0 },
    payload,
    payloadBytes: totalBytes(payload),
    payloadDigest,
    table: checksumTable(payload, newChecksum),
  };
}

/** One pass over the pieces, wherever they were cut. */
function checksumTable(payload: readonly Uint8Array[], checksum: ChunkChecksum): Uint8Array {
  const crcOf = chunkCrcs[checksum];
  const table = Buffer.alloc(tableBytesOf(totalBytes(payload)));
  let [at, crc] = [0, 0];
  for (const piece of payload) {
    for (let from = 0; from < piece.byteLength; ) {
      const part = piece.subarray(from, from + chunkBytes - (at % chunkBytes));
      crc = crcOf(part, at % chunkBytes === 0 ? 0 : crc);
      table.writeUInt32LE(crc, Math.floor(at / chunkBytes) * 4);
      from += part.byteLength;
      at += part.byteLength;
    }
  }
  return table;
}

/** The stored form for one volume, in pieces; the payload is not copied. */
export function toStoredForm(block: SealedBlock, volumeId: VolumeId): Uint8Array[] {
  const { address, payloadBytes } = block;
  const header = encodeHeader({ address, volumeId, payloadBytes, checksum: newChecksum });
  return [header, ...block.payload, block.table, sha256(header, block.payloadDigest, block.table)];
}

/*
 * 0 magic 4 | 4 version 2 | 6 encoding 1 | 7 key id length 1 (0) | 8 address 36 | 44 volume id 8 | 52 payload bytes 8 |
 * 60 plain bytes 8 | 68 chunk bytes 4 | 72 reserved 52 (zero) | 124 CRC32C of bytes 0..123 (in every version, as it
 * is looked at first); integers little endian
 */
export function encodeHeader(header: StoredHeader): Uint8Array {
  const bytes = Buffer.alloc(storedHeaderBytes);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt16LE(formatVersions[header.checksum][knownNameHash(header.address.name)], 4);
  bytes.writeUInt8(encodings.plain, 6);
  bytes.set(encodeAddress(header.address), 8);
  bytes.set(Buffer.from(header.volumeId, 'hex'), 44);
  bytes.writeBigUInt64LE(BigInt(header.payloadBytes), payloadBytesAt);
  bytes.writeBigUInt64LE(BigInt(header.payloadBytes), 60);
  bytes.writeUInt32LE(chunkBytes, 68);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, headerCrcAt)), headerCrcAt);
  return bytes;
}

/** Undefined where no version that this program knows, for a block of this name, is `format`. */
function checksumBy(format: number, name: BlockName): ChunkChecksum | undefined {
  const hash = knownNameHash(name);
  return (Object.keys(chunkCrcs) as ChunkChecksum[]).find((each) => formatVersions[each][hash] === format);
}

/** The header, or undefined when these bytes are none; throws `format.unknown_version` for a newer one. */
export function decodeHeader(bytes: Uint8Array): StoredHeader | undefined {
  if (bytes.byteLength < storedHeaderBytes) return undefined;
  const view = asBuffer(bytes);
  if (view.readUInt32BE(0) !== magic || view.readUInt32LE(headerCrcAt) !== crc32c(bytes.subarray(0, headerCrcAt)))
    return undefined;
  const [format, encoding, keyIdBytes, chunk] = [view.readUInt16LE(4), view[6], view[7], view.readUInt32LE(68)];
  const address = decodeAddress(bytes.subarray(8, 8 + blockAddressBytes));
  const checksum = checksumBy(format, address.name);
  if (checksum === undefined || encoding !== encodings.plain || keyIdBytes !== 0 || chunk !== chunkBytes) {
    throw new CopysetError('format.unknown_version', `stored block of format ${format}, encoding ${encoding}`);
  }
  return {
    address,
    volumeId: hex(bytes.subarray(44, 52)) as VolumeId,
    payloadBytes: Number(view.readBigUInt64LE(payloadBytesAt)),
    checksum,
  };
}

type Expected = { readonly address: BlockAddress; readonly volumeId: VolumeId };

/** What is wrong with a stored form: all that `findChunkDamage` sees, name and digest. Undefined when it is whole. */
export function findDamage(stored: Uint8Array, expected: Expected): string | undefined {
  const damage = findChunkDamage(stored, expected);
  if (damage !== undefined) return damage;
  const { name } = expected.address;
  const { header, payload, table } = partsOf(stored);
  const payloadDigest = nameDigest(knownNameHash(name), [payload]);
  if (digestOf(name) !== hex(payloadDigest)) return 'its bytes do not hash to its name';
  const digest = sha256(header, payloadDigest, table);
  return equalBytes(digest, stored.subarray(stored.byteLength - digestBytes))
    ? undefined
    : 'its own digest does not match';
}

/** What the cheap checksums tell of a stored form: header, place, length, chunks. Undefined when all of it is right. */
export function findChunkDamage(stored: Uint8Array, expected: Expected): string | undefined {
  const header = decodeHeader(stored);
  if (header === undefined) return 'its header is damaged';
  const misplaced = findMisplacement(header, expected);
  if (misplaced !== undefined) return misplaced;
  if (stored.byteLength !== storedBytesOf(header.payloadBytes)) return 'it is shorter or longer than its header says';
  const { payload, table } = partsOf(stored);
  return chunksMatch(payload, table, header.checksum) ? undefined : 'its chunks and their checksums do not match';
}

/** The plain bytes in a stored form whose length is right. */
export function payloadOf(stored: Uint8Array): Uint8Array {
  return partsOf(stored).payload;
}

/** Of a stored form whose length is right. */
function partsOf(stored: Uint8Array): { header: Uint8Array; payload: Uint8Array; table: Uint8Array } {
  const tableAndPayload = stored.subarray(storedHeaderBytes, stored.byteLength - digestBytes);
  const payloadBytes = Number(asBuffer(stored).readBigUInt64LE(payloadBytesAt));
  return {
    header: stored.subarray(0, storedHeaderBytes),
    payload: tableAndPayload.subarray(0, payloadBytes),
    table: tableAndPayload.subarray(payloadBytes),
  };
}

/** What shows that a header is not the one looked for: another block, or another volume's copy. */
export function findMisplacement(
  header: StoredHeader,
  expected: { address: BlockAddress; volumeId: VolumeId },
): string | undefined {
  const { address } = expected;
  const sameAddress =
    header.address.name === address.name &&
    header.address.classId === address.classId &&
    header.address.fragment === address.fragment;
  if (!sameAddress) return 'another block lies in its place';
  return header.volumeId === expected.volumeId ? undefined : 'it was written for another volume';
}

/**
 * The chunks that cover payload bytes [from, to), which lie inside the block, as positions in the stored form, and
 * where their checksums lie.
 */
export function chunkSpan(
  payloadBytes: number,
  from: number,
  to: number,
): { data: Span; table: Span; firstChunk: number } {
  assert(0 <= from && from <= to && to <= payloadBytes, `[${from}, ${to}) lies inside ${payloadBytes} bytes`);
  const { first: firstChunk, end: endChunk } = chunkRange({ from, to, of: payloadBytes });
  const tableAt = storedHeaderBytes + payloadBytes;
  return {
    firstChunk,
    data: {
      from: storedHeaderBytes + firstChunk * chunkBytes,
      to: storedHeaderBytes + Math.min(endChunk * chunkBytes, payloadBytes),
    },
    table: { from: tableAt + firstChunk * 4, to: tableAt + endChunk * 4 },
  };
}

/** The chunks that hold payload bytes [from, to) of a block that has `of` bytes. */
export function chunkRange(range: { readonly from: number; readonly to: number; readonly of: number }) {
  const { from, to, of } = range;
  return { first: Math.floor(from / chunkBytes), end: Math.ceil(to / chunkBytes), of: Math.ceil(of / chunkBytes) };
}

/** Where payload bytes [from, to) lie in the stored form. */
export function payloadSpan({ from, to }: Span): Span {
  return { from: storedHeaderBytes + from, to: storedHeaderBytes + to };
}

type Span = { readonly from: number; readonly to: number };

/** True when each chunk of `data` (which starts on a chunk) matches its checksum in `table`. */
export function chunksMatch(data: Uint8Array, table: Uint8Array, checksum: ChunkChecksum): boolean {
  return equalBytes(checksumTable([data], checksum), table);
}
