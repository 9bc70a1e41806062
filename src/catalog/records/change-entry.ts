/**
 * Why: the log is the queue. Every commit that changes an object puts its change under one constant key; consumers find
 * each of them, in order, in `kv.changes`. A change is self-contained: a consumer needs no other read to act on it.
 */
import type { BucketId } from '../../base/ids.ts';
import { blockRefField, idField, listField, textField, uintField, wordField } from '../codec/fields.ts';
import { keyOf } from '../codec/keys.ts';
import { defineRecord, optional, type RecordOf, required } from '../codec/record.ts';

const fields = {
  /** `marker`: a delete that left a marker. `tags`: the same version has other tags now. */
  kind: required(1, wordField(['put', 'delete', 'tick', 'marker', 'tags'])),
  atMs: required(2, uintField),
  bucketId: optional(3, idField<BucketId>()),
  key: optional(4, textField),
  stamp: optional(5, uintField),
  site: optional(6, uintField),
  /** Stamp of the version that this one replaced or deleted. */
  replacedStamp: optional(7, uintField),
  classId: optional(8, uintField),
  blocks: optional(9, listField(blockRefField)),
  manifest: optional(10, blockRefField),
};

export type ChangeEntry = RecordOf<typeof fields>;
export const changeCodec = defineRecord('change', 1, fields);
export const changeKey = keyOf('change');
