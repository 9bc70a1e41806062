/** Why: ids are branded, so a volume's cannot be passed for a bucket's; all are made from the given randomness. */
import { hex } from './bytes.ts';
import type { Random } from './random.ts';

declare const brand: unique symbol;
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 16 hex digits each: 8 random bytes. Stored as the 8 bytes. */
export type StoreId = Branded<string, 'StoreId'>;
export type VolumeId = Branded<string, 'VolumeId'>;
export type BucketId = Branded<string, 'BucketId'>;
export type UploadId = Branded<string, 'UploadId'>;
export type RequestId = Branded<string, 'RequestId'>;

export const idBytes = 8;

export function newId<Id extends string>(random: Random): Id {
  return hex(random.bytes(idBytes)) as Id;
}

/** The id, or undefined when the text is not 16 lower-case hex digits. */
export function parseId<Id extends string>(text: string): Id | undefined {
  return /^[0-9a-f]{16}$/.test(text) ? (text as Id) : undefined;
}
