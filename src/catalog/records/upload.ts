/** Why: a multipart upload that was begun and neither completed nor aborted. */
import { utf8 } from '../../base/bytes.ts';
import type { BucketId, UploadId } from '../../base/ids.ts';
import {
  checksumKindField,
  checksumTypeField,
  flagField,
  idField,
  textField,
  textMapField,
  uintField,
} from '../codec/fields.ts';
import { idKey, keyOf, rangeOf, terminator } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

const fields = {
  id: required(1, idField<UploadId>()),
  bucketId: required(2, idField<BucketId>()),
  key: required(3, textField),
  startedAtMs: required(4, uintField),
  metadata: required(5, textMapField),
  contentType: optional(6, textField),
  contentEncoding: optional(7, textField),
  cacheControl: optional(8, textField),
  contentDisposition: optional(9, textField),
  contentLanguage: optional(10, textField),
  expires: optional(11, textField),
  tags: optional(12, textMapField),
  /** Announced for its parts. */
  checksumKind: optional(13, checksumKindField),
  checksumType: optional(14, checksumTypeField),
  /** Somebody completes it: its parts stand still, and a part that comes all the same opens it again. */
  isCompleting: optional(15, flagField),
};

export type UploadRecord = RecordOf<typeof fields>;
export const uploadCodec = defineRecord('upload', 1, fields);

export function uploadKey(bucket: BucketId, key: string, id: UploadId): Uint8Array {
  return keyOf('upload', idKey(bucket), utf8(key), terminator, idKey(id));
}

/** All uploads of a bucket, or those of keys with a prefix. */
export function uploadsIn(bucket: BucketId, prefix = ''): { from: Uint8Array; to: Uint8Array } {
  return rangeOf('upload', idKey(bucket), utf8(prefix));
}
