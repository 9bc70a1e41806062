/**
 * Why: a client that did not hear that its upload was completed asks again, for a day, and gets the same answer; what
 * was not asked the same way is refused.
 */
import type { BucketId, UploadId } from '../../base/ids.ts';
import { bytesField, idField, textField, uintField } from '../codec/fields.ts';
import { idKey, keyOf, rangeOf } from '../codec/keys.ts';
import { defineRecord, type RecordOf, required } from '../codec/record.ts';

const fields = {
  uploadId: required(1, idField<UploadId>()),
  bucketId: required(2, idField<BucketId>()),
  key: required(3, textField),
  finishedAtMs: required(4, uintField),
  /** SHA-256 of the completion as it was asked for. */
  request: required(5, bytesField),
  /** The record of the version that it became, without its blocks. */
  version: required(6, bytesField),
};

export type FinishedUploadRecord = RecordOf<typeof fields>;
export const finishedUploadCodec = defineRecord('finished upload', 1, fields);

export function finishedUploadKey(upload: UploadId): Uint8Array {
  return keyOf('finished', idKey(upload));
}

export const allFinishedUploads = rangeOf('finished');
