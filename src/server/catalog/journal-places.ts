/**
 * Why: journals lie in a folder of their own on volumes. The folder is made when a volume is chosen to carry one, never
 * by an open.
 */
import { join } from 'node:path';
import { raceAbort } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { limitDisk } from '../../disk/limit.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import type { JournalPlace } from '../../kv/journal/place/journal-place.ts';
import type { KnownVolume } from '../store-file.ts';
import { identify, journalFolder } from '../volumes.ts';

/** A stuck device holds this many threads at most for its journal. */
const maxInFlight = 3;
const maxWaitingCalls = 4096;

export function journalPlace({ id, path }: KnownVolume): JournalPlace {
  const disk = limitDisk(openNodeDisk(join(path, journalFolder)), { maxInFlight, maxWaiters: maxWaitingCalls });
  return { id, disk, domain: id };
}

const folderMs = 10_000;

/** Makes the folder on a volume that is there; on one that is not, nothing. */
export async function makeJournalFolder(known: KnownVolume, clock: Clock): Promise<void> {
  using limit = deadline(clock, folderMs, `making a journal in ${known.path}`);
  const found = await raceAbort(identify(known.path), limit.signal);
  if (found?.id !== known.id) return;
  const disk = openNodeDisk(known.path);
  await disk.makeDirectory(journalFolder, limit);
  await disk.syncDirectory('', limit);
}
