/** Why: making a volume is an act of its own, under an empty prefix only: an open never makes what it does not find. */
import type { CallOptions } from '../../base/async/abort.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { newId, type StoreId, type VolumeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import { encodeIdentity, type VolumeIdentity } from './identity.ts';
import { identityName, pathIn, placeText, probeFolder, type VolumePlace } from './place.ts';
import { probeTarget } from './probe.ts';
import { readSmall } from './small-object.ts';
import { volumeError } from './volume-error.ts';

export type CreateS3Volume = {
  readonly place: VolumePlace;
  readonly storeId: StoreId;
  /** Drawn when left out. */
  readonly volumeId?: VolumeId;
  readonly clock: Clock;
  readonly random: Random;
};

/** Makes the prefix a volume; `not_empty` when it holds anything, `unsupported` when the endpoint lacks something. */
export async function createS3Volume(create: CreateS3Volume, options: CallOptions = {}): Promise<VolumeIdentity> {
  try {
    return await make(create, options);
  } catch (error) {
    if (isCopysetError(error, 'unsupported', 'request.invalid')) throw error;
    throw volumeError(error, placeText(create.place));
  }
}

async function make({ place, clock, random, ...given }: CreateS3Volume, options: CallOptions): Promise<VolumeIdentity> {
  await assertEmpty(place, options);
  const { conditionalPut } = await probeTarget(place, random, options);
  const identity: VolumeIdentity = {
    storeId: given.storeId,
    volumeId: given.volumeId ?? newId(random),
    incarnation: newId(random),
    createdAtMs: Math.floor(clock.wallMs()),
  };
  const path = pathIn(place, identityName);
  const bytes = encodeIdentity(identity);
  const condition = conditionalPut ? { ifNoneMatch: '*' as const } : {};
  await place.client.put(path, bytes, { ...options, ...condition }).catch((error: unknown) => {
    if (!isCopysetError(error, 'precondition_failed')) throw error; // its own first attempt did it, or somebody else
  });
  const found = await readSmall(place.client, path, options);
  if (found !== undefined && equalBytes(found.bytes, bytes)) return identity;
  throw new CopysetError('not_empty', `${placeText(place)} was made a volume by another process at the same time`);
}

async function assertEmpty(place: VolumePlace, options: CallOptions): Promise<void> {
  for await (const { objects } of place.client.list(place.bucket, { prefix: place.prefix }, options)) {
    const names = objects.map(({ key }) => key.slice(place.prefix.length));
    const other = names.find((name) => !name.startsWith(probeFolder)); // what a probe left that was cut
    if (other !== undefined) {
      throw new CopysetError('not_empty', `${placeText(place)} holds ${other}; a volume begins empty`);
    }
  }
}
