/** Why: what a bucket is called and what it asks for. Found by name; everything in it lies under its id. */
import { utf8 } from '../../base/bytes.ts';
import type { BucketId } from '../../base/ids.ts';
import { decodeOnce } from '../codec/decode-once.ts';
import { flagField, idField, textField, textMapField, uintField, wordField } from '../codec/fields.ts';
import { keyOf, rangeOf } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

const fields = {
  id: required(1, idField<BucketId>()),
  name: required(2, textField),
  createdAtMs: required(3, uintField),
  /** M: also the placement class. */
  copies: required(4, uintField),
  /** W. */
  writeQuorum: required(5, uintField),
  /** B. */
  blockBytes: required(6, uintField),
  md5Etags: required(7, flagField),
  /** Never, where it is missing. */
  versioning: optional(8, wordField(['never', 'enabled', 'suspended'])),
  tags: optional(9, textMapField),
  /** Documents of doors, as they were sent. */
  policy: optional(10, textField),
  cors: optional(11, textField),
};

export type BucketRecord = RecordOf<typeof fields>;
export const bucketCodec = decodeOnce(defineRecord('bucket', 1, fields));

export function bucketKey(name: string): Uint8Array {
  return keyOf('bucket', utf8(name));
}

export const bucketRange = rangeOf('bucket');
