/**
 * Why: a volume joins in one of three ways: an empty directory becomes one, one of this store is taken back, a known
 * one that was away returns.
 */
import type { NewVolume } from '../../admin/contract.ts';
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { Member } from '../../replica/members.ts';
import type { OpenVolume } from '../../replica/register-volume.ts';
import { entryOf } from '../prepare-store.ts';
import type { Site } from '../site.ts';
import type { StoreDirectory } from '../store-directory.ts';
import type { KnownVolume } from '../store-file.ts';

export type Adopting = { readonly site: Site; readonly directory: StoreDirectory };

/** It is open; no layout has it yet, and it is no member. */
export async function adoptVolume(
  { site, directory }: Adopting,
  input: NewVolume,
  options: CallOptions,
): Promise<OpenVolume> {
  throwIfAborted(options.signal);
  const known = await directory.claim(input.path);
  const volume = await directory.open(known);
  if (volume === undefined) throw new CopysetError('volume.gone', `${input.path} cannot be opened as a volume`);
  const before = site.members.get(known.id)?.entry;
  if (before?.state === 'active' && before.path === known.path) {
    throw new CopysetError('already_exists', `${input.path} is volume ${known.id} of this store already`);
  }
  if (before?.state === 'retired') {
    throw new CopysetError(
      'volume.retired',
      `a sync of volume ${known.id} failed once: empty the directory and add it as a new volume`,
    );
  }
  return { entry: entryOf(known, site.repair.clock, input), volume };
}

/**
 * Known volumes that could not be opened before, or whose path led nowhere for a while and leads to them again. One
 * that was given up stays closed until somebody adds it.
 */
export async function reopenVolumes(
  { site, directory }: { readonly site: Pick<Site, 'members'>; readonly directory: StoreDirectory },
  isGone: (id: VolumeId) => boolean,
): Promise<void> {
  const away = site.members.holding().filter(({ entry, volume }) => volume === undefined || isGone(entry.id));
  await Promise.all(away.map((member) => reopen(directory, member)));
}

async function reopen(directory: StoreDirectory, member: Member): Promise<void> {
  const { entry, volume } = member;
  if (!(await isBack(directory, entry))) return;
  member.volume = undefined; // when the release hangs, a later round opens it
  if (volume !== undefined) await directory.release(entry.id);
  member.volume = await directory.open(entry);
}

/** Not while its path hangs. */
async function isBack(directory: StoreDirectory, { id, path }: KnownVolume): Promise<boolean> {
  try {
    return (await directory.lookAt(path))?.id === id;
  } catch (error) {
    if (!isCopysetError(error, 'timeout')) throw error;
    return false;
  }
}
