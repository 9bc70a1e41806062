/**
 * Why: records, log files and snapshots share a few fields; each is written and read in one way. Integers are little
 * endian.
 */
import { asBuffer, hex } from '../../../base/bytes.ts';
import { CopysetError } from '../../../base/errors.ts';
import { digestBytes } from '../../../base/hash.ts';
import { idBytes, type VolumeId } from '../../../base/ids.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';

export const formatVersion = 1;

export function readUint64(bytes: Uint8Array, at: number): number {
  const value = asBuffer(bytes).readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new CopysetError('format.damaged', 'a number is too large');
  return Number(value);
}

export function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  asBuffer(bytes).writeBigUInt64LE(BigInt(value), at);
}

export function readId<Id extends string>(bytes: Uint8Array, at: number): Id {
  return hex(bytes.subarray(at, at + idBytes)) as Id;
}

export function writeId(bytes: Uint8Array, at: number, id: string): void {
  bytes.set(Buffer.from(id, 'hex'), at);
}

/** sequence 8 | term 8 | nonce 8 | revision 8 | hash 32 */
export const pointBytes = 32 + digestBytes;

export function writePoint(bytes: Uint8Array, at: number, { sequence, term, revision, hash }: Point): void {
  writeUint64(bytes, at, sequence);
  writeUint64(bytes, at + 8, term.number);
  writeId(bytes, at + 16, term.nonce);
  writeUint64(bytes, at + 24, revision);
  bytes.set(hash, at + 32);
}

export function readPoint(bytes: Uint8Array, at: number): Point {
  return {
    sequence: readUint64(bytes, at),
    term: { number: readUint64(bytes, at + 8), nonce: readId(bytes, at + 16) },
    revision: readUint64(bytes, at + 24),
    hash: bytes.slice(at + 32, at + pointBytes),
  };
}

/** number 8 | count 2 | members 8 each */
export function setBytes({ members }: JournalSet): number {
  return 10 + members.length * idBytes;
}

export function writeSet(bytes: Uint8Array, at: number, { number, members }: JournalSet): void {
  writeUint64(bytes, at, number);
  asBuffer(bytes).writeUInt16LE(members.length, at + 8);
  for (const [index, id] of members.entries()) writeId(bytes, at + 10 + index * idBytes, id);
}

export function readSet(bytes: Uint8Array, at: number): JournalSet {
  const count = asBuffer(bytes).readUInt16LE(at + 8);
  const members = Array.from({ length: count }, (_, index) => readId<VolumeId>(bytes, at + 10 + index * idBytes));
  return { number: readUint64(bytes, at), members };
}

/** A newer program wrote it: nothing of it may be interpreted, or taken for damage. */
export function refuseNewer(version: number, what: string): void {
  if (version <= formatVersion) return;
  throw new CopysetError(
    'format.unknown_version',
    `${what} has format ${version}, this program knows ${formatVersion}`,
  );
}
