/**
 * Why: an open puts a volume together in the one order that is safe: whose it is, what the endpoint can, who serves.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import { countBlocks } from './count-blocks.ts';
import { decodeIdentity, type VolumeIdentity } from './identity.ts';
import { Owner } from './owner.ts';
import { identityName, pathIn, placeText, type VolumePlace } from './place.ts';
import { probeTarget } from './probe.ts';
import { S3Volume, type S3VolumeLimits } from './s3-volume.ts';
import { readSmall } from './small-object.ts';
import { volumeError } from './volume-error.ts';

export type OpenS3Volume = {
  /** The volume closes its client. */
  readonly place: VolumePlace;
  readonly storeId: StoreId;
  /** When given, no other volume will do. */
  readonly volumeId?: VolumeId;
  /** What it may take; an endpoint does not tell what it has. */
  readonly capacityBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<S3VolumeLimits & { readonly leaseTtlMs: number }>;
};

const defaultLimits: S3VolumeLimits & { readonly leaseTtlMs: number } = {
  maxCalls: 1024,
  maxStoredBytes: 2 ** 28,
  fullForMs: 60_000,
  leaseTtlMs: 30_000,
};

/**
 * `volume.gone` where there is none or it cannot be used, `volume.foreign`, `volume.locked`, `unsupported`,
 * `format.damaged`, `format.unknown_version`.
 */
export async function openS3Volume(open: OpenS3Volume, options: CallOptions = {}): Promise<S3Volume> {
  try {
    return await openVolume(open, options);
  } catch (error) {
    if (isCopysetError(error, 'unsupported')) throw error;
    throw volumeError(error, placeText(open.place));
  }
}

async function openVolume(open: OpenS3Volume, options: CallOptions): Promise<S3Volume> {
  const { place, clock, random, capacityBytes } = open;
  const limits = { ...defaultLimits, ...open.limits };
  const identity = await readIdentity(open, options);
  const target = await probeTarget(place, random, options);
  const owner = await Owner.take({ place, clock, random, ...target, ...limits }, options);
  try {
    const count = await countBlocks(place, options);
    return new S3Volume({ place, identity, target, owner, count, capacityBytes, clock, limits });
  } catch (error) {
    await owner.release();
    throw error;
  }
}

async function readIdentity({ place, storeId, volumeId }: OpenS3Volume, options: CallOptions): Promise<VolumeIdentity> {
  const where = placeText(place);
  const found = await readSmall(place.client, pathIn(place, identityName), options);
  if (found === undefined) throw new CopysetError('volume.gone', `${where} is no volume: it has no ${identityName}`);
  const identity = decodeIdentity(found.bytes, where);
  if (identity.storeId !== storeId) {
    throw new CopysetError('volume.foreign', `${where} belongs to store ${identity.storeId}`);
  }
  if (volumeId !== undefined && identity.volumeId !== volumeId) {
    throw new CopysetError('volume.foreign', `${where} is volume ${identity.volumeId}, not ${volumeId}`);
  }
  return identity;
}
