/**
 * Why: a directory is a volume by its identity file only. One without it is a volume that was lost (a disk that is not
 * mounted, a path that leads elsewhere), never an empty one to begin with; what comes back empty is a new volume.
 */
import type { Branded, StoreId, VolumeId } from '../../base/ids.ts';
import { decodeLine, encodeLine } from '../checked-line.ts';

export type Incarnation = Branded<string, 'Incarnation'>;

export type VolumeIdentity = {
  readonly storeId: StoreId;
  readonly volumeId: VolumeId;
  /** Drawn when the volume is made. Clients never see it: it is what the checksums of frames start from. */
  readonly incarnation: Incarnation;
  readonly createdAtMs: number;
};

const kind = { format: 'copyset-volume', version: 1 };

export function encodeIdentity({ storeId, volumeId, incarnation, createdAtMs }: VolumeIdentity): Uint8Array {
  return encodeLine(kind, { storeId, volumeId, incarnation, createdAtMs });
}

/** `format.damaged`, `format.unknown_version`; `where` is for the message. */
export function decodeIdentity(bytes: Uint8Array, where: string): VolumeIdentity {
  const fields = decodeLine(bytes, kind, `${where}: the identity of the volume`);
  const { storeId, volumeId, incarnation, createdAtMs } = fields as unknown as VolumeIdentity; // the checksum vouches
  return { storeId, volumeId, incarnation, createdAtMs };
}
