/**
 * Why: a request that relies on a block which was there before it says so here, so that the collector leaves the block
 * alone.
 */
import { type BlockName, encodeBlockName } from '../../base/block-name.ts';
import type { RequestId } from '../../base/ids.ts';
import { idField, uintField } from '../codec/fields.ts';
import { idKey, keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, type RecordOf, required } from '../codec/record.ts';

const fields = { requestId: required(1, idField<RequestId>()), madeAtMs: required(2, uintField) };

export type ClaimRecord = RecordOf<typeof fields>;
export const claimCodec = defineRecord('claim', 1, fields);

export type ClaimedBlock = { readonly name: BlockName; readonly classId: number };

export function claimKey(block: ClaimedBlock, request: RequestId): Uint8Array {
  return keyOf('claim', encodeBlockName(block.name), uint16Key(block.classId), idKey(request));
}

export function claimsOn(block: ClaimedBlock): { from: Uint8Array; to: Uint8Array } {
  return rangeOf('claim', encodeBlockName(block.name), uint16Key(block.classId));
}

export const allClaims = rangeOf('claim');
