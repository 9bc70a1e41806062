/**
 * Why: the open volumes of this process: made, found and opened in one place. Each stands on a disk of its own with a
 * bound on calls in flight, so that a stuck device holds its own threads and nobody else's.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { raceAbort } from '../base/async/abort.ts';
import { type Clock, deadline } from '../base/clock.ts';
import { CopysetError, isCopysetError } from '../base/errors.ts';
import { newId, type StoreId, type VolumeId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { ReadMemory } from '../base/read-memory.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import type { Log } from '../observe/log.ts';
import { createFileVolume } from '../volume/file/create-file-volume.ts';
import { openFileVolume } from '../volume/file/open-file-volume.ts';
import { readVolumeIdentity } from '../volume/file/read-identity.ts';
import type { Volume } from '../volume/volume.ts';
import { makeDirectory } from './make-directory.ts';
import type { BadCopy } from './notices.ts';
import type { KnownVolume } from './store-file.ts';

export type VolumeRoomOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A volume found a block of its own damaged. Left out: the next scrub tells of it. */
  readonly onDamage?: (notice: BadCopy) => void;
  /** Where blocks are read into. */
  readonly memory?: ReadMemory;
  /** Wraps each volume that is opened, to measure it. */
  readonly meter?: (volume: Volume) => Volume;
};

const identifyMs = 5_000;

/** Of the journal on a volume, beside the volume's own files. */
export const journalFolder = 'journal';

/** Makes a volume in an empty or missing directory. */
export async function makeVolume(
  path: string,
  storeId: StoreId,
  { clock, random }: VolumeRoomOptions,
): Promise<KnownVolume> {
  await makeDirectory(path);
  const id = newId<VolumeId>(random);
  await createFileVolume({ disk: openNodeDisk(path), storeId, volumeId: id, clock, random });
  return { id, path };
}

/** Undefined, and a line in the log, when it cannot be opened now: its copies are missed, not forgotten. */
export async function openVolume(
  known: KnownVolume,
  storeId: StoreId,
  { clock, log, memory, onDamage, meter = (volume) => volume }: VolumeRoomOptions,
): Promise<Volume | undefined> {
  const volume = known.id;
  try {
    const opened = await openFileVolume({
      disk: openNodeDisk(known.path),
      storeId,
      volumeId: volume,
      clock,
      gather: nextTurn,
      ...(memory === undefined ? {} : { memory }),
      onDamage: (address) => onDamage?.({ volume, address, error: foundInCompaction() }),
      onProblem: (error) => log.warn('background work of a volume failed', { volume, error }),
    });
    return meter(opened);
  } catch (error) {
    if (isCopysetError(error, 'volume.locked', 'format.unknown_version', 'bug')) throw error;
    log.error('a volume cannot be opened', { volume, path: known.path, error });
    return undefined;
  }
}

function foundInCompaction(): CopysetError {
  return new CopysetError('block.damaged', 'the copy was found damaged while space was won back');
}

export type Discovery = {
  readonly storeId: StoreId;
  readonly hasJournals: boolean;
  readonly volumes: readonly KnownVolume[];
};

/** The volumes under a directory, by their identity files; of one store only. Rejects with `timeout` when one hangs. */
export async function discoverVolumes(directory: string, clock: Clock): Promise<Discovery | undefined> {
  const names = (await namesIn(directory)).toSorted();
  const found = (await Promise.all(names.map((name) => identifySoon(join(directory, name), clock)))).filter(
    (volume) => volume !== undefined,
  );
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.some(({ storeId }) => storeId !== first.storeId)) {
    throw new CopysetError(
      'volume.foreign',
      `the volumes under ${directory} belong to several stores; keep those of one`,
    );
  }
  const journals = await Promise.all(found.map(({ path }) => namesIn(join(path, journalFolder))));
  return {
    storeId: first.storeId,
    hasJournals: journals.some((files) => files.length > 0),
    volumes: found.map(({ id, path }) => ({ id, path })),
  };
}

export type IdentifiedVolume = KnownVolume & { readonly storeId: StoreId };

/** Undefined when the directory is no volume. */
export async function identify(path: string): Promise<IdentifiedVolume | undefined> {
  try {
    const { storeId, volumeId } = await readVolumeIdentity(openNodeDisk(path));
    return { id: volumeId, path, storeId };
  } catch (error) {
    if (isCopysetError(error, 'volume.gone', 'disk.not_found', 'disk.io', 'format.damaged')) return undefined;
    throw error;
  }
}

async function identifySoon(path: string, clock: Clock): Promise<IdentifiedVolume | undefined> {
  using limit = deadline(clock, identifyMs, `finding out which volume ${path} is`);
  return await raceAbort(identify(path), limit.signal);
}

/** None when there is no such directory. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
