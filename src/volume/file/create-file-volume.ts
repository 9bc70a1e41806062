/** Why: making a volume is an act of its own, on an empty directory only: an open never makes what it does not find. */
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { newId, type StoreId, type VolumeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { Disk } from '../../disk/disk.ts';
import { replaceFile } from '../../disk/whole-file.ts';
import { encodeIdentity, type VolumeIdentity } from './identity.ts';
import { identityPath, lockPath, newIdentityPath, segmentsPath } from './paths.ts';

export type CreateFileVolume = {
  readonly disk: Disk;
  readonly storeId: StoreId;
  /** Drawn when left out. */
  readonly volumeId?: VolumeId;
  readonly clock: Clock;
  readonly random: Random;
};

/** Makes the directory a volume, durably; `not_empty` when it holds anything but the beginning of such an attempt. */
export async function createFileVolume({ disk, clock, random, ...given }: CreateFileVolume): Promise<VolumeIdentity> {
  await disk.makeDirectory('');
  await assertEmpty(disk);
  const lock = await disk.lock(lockPath);
  try {
    await assertEmpty(disk);
    await disk.makeDirectory(segmentsPath);
    const identity: VolumeIdentity = {
      storeId: given.storeId,
      volumeId: given.volumeId ?? newId(random),
      incarnation: newId(random),
      createdAtMs: Math.floor(clock.wallMs()),
    };
    await disk.syncDirectory('');
    await replaceFile(disk, identityPath, encodeIdentity(identity));
    return identity;
  } finally {
    await lock.release();
  }
}

/** What a file system makes by itself, and what an attempt leaves that did not come to the identity. */
const harmless: readonly string[] = ['lost+found', lockPath, `${lockPath}-journal`, newIdentityPath, segmentsPath];

async function assertEmpty(disk: Disk): Promise<void> {
  const names = await disk.list('');
  const segments = names.includes(segmentsPath) ? await disk.list(segmentsPath) : [];
  const others = [...names.filter((name) => !harmless.includes(name)), ...segments];
  if (others.length === 0) return;
  throw new CopysetError('not_empty', `${disk.root} holds ${others.slice(0, 3).join(', ')}; a volume begins empty`);
}
