/**
 * Why: one journal is a directory on a volume; this is what its users are given, and how they make sure that it is
 * theirs.
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import { CopysetError } from '../../../base/errors.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { Disk, DiskFile } from '../../../disk/disk.ts';

/**
 * The disk is rooted at the directory. It exists: whoever made the volume made it; a missing one means lost, never
 * "new".
 */
export type JournalPlace = {
  /** Of the volume. */
  readonly id: VolumeId;
  readonly disk: Disk;
  /** No two journals of a set are in one failure domain. */
  readonly domain: string;
};

export type ReadableFile = Pick<DiskFile, 'read' | 'size' | 'close'>;

/** What reading takes of a disk. */
export type ReadableDisk = Pick<Disk, 'root' | 'stat' | 'list'> & {
  open(path: string, mode: 'read', options?: CallOptions): Promise<ReadableFile>;
};

export type ReadablePlace = { readonly id: VolumeId; readonly disk: ReadableDisk };

export function refuseForeign(
  place: ReadablePlace,
  storeId: StoreId,
  owner: { readonly storeId: StoreId; readonly journalId: VolumeId },
): void {
  if (owner.storeId === storeId && owner.journalId === place.id) return;
  const whose = `journal ${owner.journalId} of store ${owner.storeId}`;
  throw new CopysetError('volume.foreign', `${place.disk.root} holds ${whose}, not ${place.id} of ${storeId}`);
}
