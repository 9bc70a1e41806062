/** Why: a block that has fewer good copies than its class asks for; repair pays the debt and deletes the record. */
import { type BlockName, encodeBlockName } from '../../base/block-name.ts';
import type { VolumeId } from '../../base/ids.ts';
import { blockNameField, idField, listField, uintField } from '../codec/fields.ts';
import { keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, type RecordOf, required } from '../codec/record.ts';

const fields = {
  name: required(1, blockNameField),
  classId: required(2, uintField),
  /** Where a good copy is owed, as far as was known; repair looks at the whole copyset of the day. */
  volumes: required(3, listField(idField<VolumeId>())),
  sinceMs: required(4, uintField),
};

export type DebtRecord = RecordOf<typeof fields>;
export const debtCodec = defineRecord('debt', 1, fields);

export function debtKey(block: { readonly name: BlockName; readonly classId: number }): Uint8Array {
  return keyOf('debt', encodeBlockName(block.name), uint16Key(block.classId));
}

export const allDebts = rangeOf('debt');
