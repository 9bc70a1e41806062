/**
 * Why: one version of one object: what it says about itself and which blocks it is made of. Small objects hold their
 * references inline, larger ones the root of a manifest (a tree of references, stored as blocks). Newest first under a
 * key.
 */
import { successor, utf8 } from '../../base/bytes.ts';
import type { BucketId } from '../../base/ids.ts';
import {
  type BlockRef,
  blockRefField,
  bytesField,
  checksumField,
  flagField,
  listField,
  textField,
  textMapField,
  uintField,
} from '../codec/fields.ts';
import { descendingKey, idKey, keyOf, rangeOf, terminator, uint16Key } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

const fields = {
  key: required(1, textField),
  /** Hybrid time: milliseconds x 1024 + counter; grows for every version of a key. */
  stamp: required(2, uintField),
  /** Site of origin; 0 until there are several. */
  site: required(3, uintField),
  homeEpoch: required(4, uintField),
  /** The one version of an unversioned key, S3's `null`. */
  isNull: required(5, flagField),
  isDeleteMarker: required(6, flagField),
  modifiedAtMs: required(7, uintField),
  bytes: required(8, uintField),
  /** Stored, replicated, never recomputed. */
  etag: required(9, textField),
  classId: required(10, uintField),
  /** In order; empty when `manifest` is given or there are no bytes. */
  blocks: required(11, listField(blockRefField)),
  manifest: optional(12, blockRefField),
  /** Levels of the manifest: 1 is a leaf. */
  manifestDepth: optional(13, uintField),
  /** Bytes of each part of a multipart object, in order. */
  partBytes: optional(14, listField(uintField)),
  metadata: required(16, textMapField),
  contentType: optional(17, textField),
  contentEncoding: optional(18, textField),
  cacheControl: optional(19, textField),
  contentDisposition: optional(20, textField),
  contentLanguage: optional(21, textField),
  expires: optional(22, textField),
  /** Whole-object digests that may be filled in later. */
  digests: optional(23, listField(bytesField)),
  /** Number of parts; absent when it was put in one piece. Tags 15 and 24 are reserved. */
  parts: optional(25, uintField),
  tags: optional(26, textMapField),
  checksum: optional(27, checksumField),
};

export type VersionRecord = RecordOf<typeof fields>;
export const versionCodec = defineRecord('version', 1, fields);

/** What a listing of keys shows of a version. */
export const listedVersionDecoder = versionCodec.only(
  'key',
  'isDeleteMarker',
  'modifiedAtMs',
  'bytes',
  'etag',
  'checksum',
  'metadata',
);
export type ListedVersion = ReturnType<typeof listedVersionDecoder.decode>;

/** What a version or a part is made of. */
export type Content = {
  readonly classId: number;
  readonly blocks: readonly BlockRef[];
  readonly manifest?: BlockRef | undefined;
  readonly manifestDepth?: number | undefined;
};

export function versionKey(
  bucket: BucketId,
  version: { readonly key: string; readonly stamp: number; readonly site: number },
): Uint8Array {
  return keyOf(
    'object',
    idKey(bucket),
    utf8(version.key),
    terminator,
    descendingKey(version.stamp),
    uint16Key(version.site),
  );
}

/** Where the versions of a key begin that are older than the one with this stamp. */
export function olderThan(
  bucket: BucketId,
  version: { readonly key: string; readonly stamp: number; readonly site: number },
): Uint8Array {
  return successor(versionKey(bucket, version));
}

/** All versions of one key, newest first. Each has `versionTailBytes` behind `from`. */
export function versionsOf(bucket: BucketId, key: string): { from: Uint8Array; to: Uint8Array } {
  return rangeOf('object', idKey(bucket), utf8(key), terminator);
}

/** Stamp and site. */
export const versionTailBytes = 10;

/** All versions of all keys of a bucket, or those with a prefix. */
export function versionsIn(bucket: BucketId, prefix = ''): { from: Uint8Array; to: Uint8Array } {
  return rangeOf('object', idKey(bucket), utf8(prefix));
}

export const allVersions = rangeOf('object');
