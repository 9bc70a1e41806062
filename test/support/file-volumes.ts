/** Why: what is lent lies in files: tests of it need volumes on the real disk, and bytes as the kernel would send. */
import { readSync } from 'node:fs';
import { systemClock } from '../../src/base/clock.ts';
import type { StoreId, VolumeId } from '../../src/base/ids.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { ReadMemory } from '../../src/base/read-memory.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import type { Extent } from '../../src/object/store.ts';
import { createFileVolume } from '../../src/volume/file/create-file-volume.ts';
import { openFileVolume } from '../../src/volume/file/open-file-volume.ts';
import type { Volume } from '../../src/volume/volume.ts';

const storeId = '00000000000000aa' as StoreId;

/** A new one in the directory `path`, open. */
export async function newFileVolume(path: string, volumeId: VolumeId, memory?: ReadMemory): Promise<Volume> {
  const disk = openNodeDisk(path);
  await createFileVolume({ disk, storeId, volumeId, clock: systemClock, random: systemRandom });
  return openFileVolume({ disk, storeId, clock: systemClock, ...(memory === undefined ? {} : { memory }) });
}

/** What an extent names, as the kernel would send it. */
export function readExtent({ span }: Extent): Uint8Array {
  const bytes = new Uint8Array(span.bytes);
  readSync(span.fd, bytes, 0, span.bytes, span.position);
  return bytes;
}
