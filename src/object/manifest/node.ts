/**
 * Why: an object of many blocks keeps its references in a tree of manifest blocks, stored and replicated like any
 * block, so that no record grows with the object. A leaf lists data blocks, an inner node lists nodes; every entry says
 * how many content bytes it stands for, so a range is found by descent. docs/formats/manifest.md tells the bytes.
 *
 *   magic "CSM1" 4 | version 2 LE | level 2 LE (1: leaf) | count 4 LE | reserved 4 | count x (name 33, bytes 8 LE)
 */
import { blockNameBytes, decodeBlockName, encodeBlockName } from '../../base/block-name.ts';
import { asBuffer } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';

const magic = 0x43534d31;
const formatVersion = 1;
const headerBytes = 16;
const entryBytes = blockNameBytes + 8;

/** 4,096 x 8 MiB: a leaf stands for 32 GiB, two levels for 128 TiB. */
export const maxEntries = 4096;

export type ManifestNode = { readonly level: number; readonly entries: readonly BlockRef[] };

export function encodeNode(node: ManifestNode): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + node.entries.length * entryBytes);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt16LE(formatVersion, 4);
  bytes.writeUInt16LE(node.level, 6);
  bytes.writeUInt32LE(node.entries.length, 8);
  node.entries.forEach((entry, index) => {
    const at = headerBytes + index * entryBytes;
    bytes.set(encodeBlockName(entry.name), at);
    bytes.writeBigUInt64LE(BigInt(entry.bytes), at + blockNameBytes);
  });
  return new Uint8Array(bytes);
}

export function decodeNode(bytes: Uint8Array): ManifestNode {
  const view = asBuffer(bytes);
  if (bytes.byteLength < headerBytes || view.readUInt32BE(0) !== magic)
    throw new CopysetError('format.damaged', 'this block is no manifest');
  if (view.readUInt16LE(4) > formatVersion)
    throw new CopysetError('format.unknown_version', `manifest of version ${view.readUInt16LE(4)}`);
  const count = view.readUInt32LE(8);
  if (bytes.byteLength !== headerBytes + count * entryBytes)
    throw new CopysetError('format.damaged', 'a manifest is shorter or longer than its count says');
  const entries = Array.from({ length: count }, (_, index) => {
    const at = headerBytes + index * entryBytes;
    return {
      name: decodeBlockName(bytes.subarray(at, at + blockNameBytes)),
      bytes: Number(view.readBigUInt64LE(at + blockNameBytes)),
    };
  });
  return { level: view.readUInt16LE(6), entries };
}

/** What an entry for this node says. */
export function contentBytes(node: ManifestNode): number {
  return node.entries.reduce((sum, entry) => sum + entry.bytes, 0);
}
