/**
 * Why: the name of a block is the hash of its plain bytes: content, address and checksum in one.
 * In memory it is 66 hex digits (usable as a map key): the digest first, then the algorithm byte, so that name order
 * is digest order and thus partition order.
 */
import { hex } from './bytes.ts';
import { CopysetError } from './errors.ts';
import { digestBytes, hashAlgorithms, type NameHash, nameDigest, nameHashOf } from './hash.ts';
import type { Branded } from './ids.ts';

export type BlockName = Branded<string, 'BlockName'>;

export const blockNameBytes = digestBytes + 1;
export const partitionCount = 1024;

/** Names bytes given in pieces. */
export function nameBlock(pieces: readonly Uint8Array[], hash: NameHash): BlockName {
  return nameOfDigest(nameDigest(hash, pieces), hashAlgorithms[hash]);
}

export function nameOfDigest(digest: Uint8Array, algorithm: number): BlockName {
  return (hex(digest) + algorithm.toString(16).padStart(2, '0')) as BlockName;
}

export function encodeBlockName(name: BlockName): Uint8Array {
  return new Uint8Array(Buffer.from(name, 'hex'));
}

export function decodeBlockName(bytes: Uint8Array): BlockName {
  return hex(bytes) as BlockName;
}

/** The name, or undefined when the text is not one. */
export function parseBlockName(text: string): BlockName | undefined {
  return /^[0-9a-f]{66}$/.test(text) ? (text as BlockName) : undefined;
}

/** 0..1023: the first ten bits of the digest. */
export function partitionOf(name: BlockName): number {
  return Number.parseInt(name.slice(0, 3), 16) >> 2;
}

/** What named it; undefined where this program does not know the hash. */
export function nameHash(name: BlockName): NameHash | undefined {
  return nameHashOf(Number.parseInt(name.slice(digestBytes * 2), 16));
}

/** As `nameHash`; `format.unknown_version` where this program does not know the hash: a newer one wrote it. */
export function knownNameHash(name: BlockName): NameHash {
  const hash = nameHash(name);
  if (hash !== undefined) return hash;
  throw new CopysetError('format.unknown_version', `block ${name} is named by a hash that this program does not know`);
}

/** The digest as `b3sum` or `sha256sum` prints it. */
export function digestOf(name: BlockName): string {
  return name.slice(0, digestBytes * 2);
}
