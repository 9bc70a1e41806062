/**
 * Why: whose a directory is can be asked without opening it: by an open first of all, and by whoever looks for lost
 * volumes.
 */
import type { Disk } from '../../disk/disk.ts';
import { readWholeFile } from '../../disk/whole-file.ts';
import { decodeIdentity, type VolumeIdentity } from './identity.ts';
import { volumeGone } from './path-guard.ts';
import { identityPath } from './paths.ts';

/** `volume.gone` where there is none, `format.damaged`, `format.unknown_version`. */
export async function readVolumeIdentity(disk: Disk): Promise<VolumeIdentity> {
  const bytes = await readWholeFile(disk, identityPath);
  if (bytes === undefined) throw volumeGone(disk.root);
  return decodeIdentity(bytes, disk.root);
}
