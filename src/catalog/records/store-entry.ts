/** Why: what the store as a whole is: its id, its format, and the settings that must not change between starts. */
import { hashAlgorithms } from '../../base/hash.ts';
import type { StoreId } from '../../base/ids.ts';
import { idField, uintField } from '../codec/fields.ts';
import { keyOf } from '../codec/keys.ts';
import { defineRecord, type RecordCodec, type RecordOf, required } from '../codec/record.ts';

const fields = {
  id: required(1, idField<StoreId>()),
  createdAtMs: required(2, uintField),
  /** Multihash code of the hash that names new blocks; fixed when the store is made. */
  hashAlgorithm: required(3, uintField),
  /** Default M of new buckets. */
  copies: required(4, uintField),
};

export type StoreEntry = RecordOf<typeof fields>;
const first = defineRecord('store', 1, fields);
/** An earlier program, which knows SHA-256 only, would take every other block for damaged. */
const second = defineRecord('store', 2, fields);

export const storeCodec: RecordCodec<StoreEntry> = {
  encode: (entry) => (entry.hashAlgorithm === hashAlgorithms.sha256 ? first : second).encode(entry),
  decode: (bytes) => second.decode(bytes),
};
export const storeKey = keyOf('store');
