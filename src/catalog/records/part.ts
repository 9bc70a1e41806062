/** Why: one part of an upload; its blocks are referenced from here until the upload completes or is aborted. */
import type { BucketId, UploadId } from '../../base/ids.ts';
import { blockRefField, checksumField, idField, listField, textField, uintField } from '../codec/fields.ts';
import { idKey, keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

const fields = {
  uploadId: required(1, idField<UploadId>()),
  bucketId: required(2, idField<BucketId>()),
  /** Of the object, to find the upload's record. */
  key: required(3, textField),
  number: required(4, uintField),
  bytes: required(5, uintField),
  etag: required(6, textField),
  modifiedAtMs: required(7, uintField),
  classId: required(8, uintField),
  blocks: required(9, listField(blockRefField)),
  manifest: optional(10, blockRefField),
  manifestDepth: optional(11, uintField),
  checksum: optional(12, checksumField),
};

export type PartRecord = RecordOf<typeof fields>;
export const partCodec = defineRecord('part', 1, fields);

export function partKey(upload: UploadId, number: number): Uint8Array {
  return keyOf('part', idKey(upload), uint16Key(number));
}

export function partsOf(upload: UploadId): { from: Uint8Array; to: Uint8Array } {
  return rangeOf('part', idKey(upload));
}

export const allParts = rangeOf('part');
