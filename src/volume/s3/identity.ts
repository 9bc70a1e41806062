/**
 * Why: a prefix is a volume by its identity object only. One without it is a volume that was lost or is another place,
 * never an empty one to begin with.
 */
import type { Branded, StoreId, VolumeId } from '../../base/ids.ts';
import { decodeLine, encodeLine } from '../checked-line.ts';

export type Incarnation = Branded<string, 'Incarnation'>;

export type VolumeIdentity = {
  readonly storeId: StoreId;
  readonly volumeId: VolumeId;
  /** Drawn when the volume is made: one that was emptied and made anew under the same ids is another. */
  readonly incarnation: Incarnation;
  readonly createdAtMs: number;
};

const kind = { format: 'copyset-volume-s3', version: 1 };

export function encodeIdentity({ storeId, volumeId, incarnation, createdAtMs }: VolumeIdentity): Uint8Array {
  return encodeLine(kind, { storeId, volumeId, incarnation, createdAtMs });
}

/** `format.damaged`, `format.unknown_version`. */
export function decodeIdentity(bytes: Uint8Array, where: string): VolumeIdentity {
  const fields = decodeLine(bytes, kind, `the identity of the volume ${where}`);
  const { storeId, volumeId, incarnation, createdAtMs } = fields as unknown as VolumeIdentity; // the checksum vouches
  return { storeId, volumeId, incarnation, createdAtMs };
}
