/**
 * Why: one table of key prefixes, so that kinds never overlap. Frozen: they are on disk. A key is the prefix and parts
 * whose byte order is the order that scans want. docs/formats/catalog.md lists them.
 */

import { present } from '../../base/assert.ts';
import { prefixEnd, totalBytes } from '../../base/bytes.ts';

export const keyPrefixes = {
  bucket: 'B',
  claim: 'C',
  debt: 'D',
  epoch: 'E',
  finished: 'F',
  layout: 'L',
  object: 'O',
  part: 'P',
  removed: 'R',
  store: 'S',
  trash: 'T',
  upload: 'U',
  volume: 'V',
  change: 'X',
} as const;

export type RecordKind = keyof typeof keyPrefixes;

export function keyOf(kind: RecordKind, ...parts: readonly Uint8Array[]): Uint8Array {
  const key = new Uint8Array(1 + totalBytes(parts));
  key[0] = keyPrefixes[kind].charCodeAt(0);
  let at = 1;
  for (const part of parts) {
    key.set(part, at);
    at += part.byteLength;
  }
  return key;
}

/** All keys that start with these parts, as [from, to). */
export function rangeOf(kind: RecordKind, ...parts: readonly Uint8Array[]): { from: Uint8Array; to: Uint8Array } {
  const from = keyOf(kind, ...parts);
  return { from, to: present(prefixEnd(from), 'the end of a prefix') };
}

export function idKey(id: string): Uint8Array {
  return new Uint8Array(Buffer.from(id, 'hex'));
}

export function uint16Key(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** Eight bytes, greatest first: newest stamps come first in a scan. */
export function descendingKey(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(0xffff_ffff_ffff_ffffn - BigInt(value));
  return new Uint8Array(bytes);
}

/** Ends a text of any bytes but NUL, so that a shorter text sorts before its extensions. */
export const terminator: Uint8Array = Uint8Array.of(0);
