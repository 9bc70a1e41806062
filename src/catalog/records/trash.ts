/**
 * Why: a block without reference is collected in two phases. `trash`: seen unreferenced; whoever needs it takes it out
 * again. `purging`: its copies are being deleted; whoever needs it waits.
 */
import { type BlockName, decodeBlockName, encodeBlockName } from '../../base/block-name.ts';
import { uintField, wordField } from '../codec/fields.ts';
import { keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, type RecordOf, required } from '../codec/record.ts';

const fields = { state: required(1, wordField(['trash', 'purging'])), sinceMs: required(2, uintField) };

export type TrashRecord = RecordOf<typeof fields>;
export const trashCodec = defineRecord('trash', 1, fields);

export type TrashedBlock = { readonly name: BlockName; readonly classId: number };

export function trashKey(block: TrashedBlock): Uint8Array {
  return keyOf('trash', encodeBlockName(block.name), uint16Key(block.classId));
}

export function blockOfTrashKey(key: Uint8Array): TrashedBlock {
  return { name: decodeBlockName(key.subarray(1, 34)), classId: ((key[34] as number) << 8) | (key[35] as number) };
}

export const allTrash = rangeOf('trash');
