/**
 * Why: there are two ways to make a journal hold a history: it lacks only records behind what it knows to be synced,
 * or it is made anew from a snapshot and all records after it. Both write new files only; what they replace goes
 * last.
 */
import type { StoreId } from '../../../base/ids.ts';
import type { KvSnapshot } from '../../staging.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import type { EncodedRecord } from '../format/record.ts';
import { hasRoomFor, makeReserve, removeOthers, removeUnfinished } from '../place/housekeeping.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { JournalView } from '../place/journal-view.ts';
import { startLog } from '../place/log-writer.ts';
import { logName, logNumbers, reserveName, snapshotName } from '../place/names.ts';
import { writeSnapshot } from '../place/snapshot-file.ts';
import type { OpenedJournal } from './member.ts';

type Target = {
  readonly place: JournalPlace;
  readonly storeId: StoreId;
  readonly reserveBytes: number;
  /** In force after `previous`. */
  readonly set: JournalSet;
  /** The history that is there before `records`. */
  readonly previous: Point;
  readonly records: Iterable<EncodedRecord> | AsyncIterable<EncodedRecord>;
};

/** Where a log file with an unreadable header begins: so the file before it is not taken for covered. */
const unknown = Number.POSITIVE_INFINITY;

/** Writes the records behind what an intact journal holds up to `previous`. */
export async function extendJournal(target: Target, view: JournalView): Promise<OpenedJournal> {
  const { place, previous } = target;
  const names = await place.disk.list('');
  const fileNumber = numberAfter(names);
  await removeUnfinished(place.disk, names);
  const log = await startLog({ ...target, fileNumber });
  const files = view.files.map(({ fileNumber, header }) => ({
    fileNumber,
    after: header?.previous.sequence ?? unknown,
  }));
  return {
    log,
    files: [...files, { fileNumber, after: previous.sequence }],
    base: view.base?.point.sequence ?? 0,
    prunedTo: -1,
    snapshotBytes: view.bytes - view.logBytes,
    wantsSnapshot: view.problems.length > 0,
    logBytes: view.logBytes + log.bytes,
    hasReserve: await ensureReserve(place, target.reserveBytes),
  };
}

/**
 * Makes the journal anew: `snapshot` is the store as of `previous`. `isForeign`: nothing in it may be taken for ours.
 */
export async function copyJournal(
  target: Target & { readonly snapshot: KvSnapshot; readonly isForeign: boolean },
): Promise<OpenedJournal> {
  const { place, storeId, set, previous, snapshot } = target;
  const { disk } = place;
  if (target.isForeign) await removeOthers(disk, []);
  const fileNumber = numberAfter(await disk.list(''));
  const header = { storeId, journalId: place.id, point: previous, set, status: snapshot.status };
  const snapshotBytes = await writeSnapshot(disk, header, snapshot.batches);
  const log = await startLog({ ...target, fileNumber });
  await removeOthers(disk, [snapshotName(previous.sequence), logName(fileNumber)]);
  return {
    log,
    files: [{ fileNumber, after: previous.sequence }],
    base: previous.sequence,
    prunedTo: previous.sequence,
    snapshotBytes,
    wantsSnapshot: false,
    logBytes: log.bytes,
    hasReserve: await ensureReserve(place, target.reserveBytes),
  };
}

/** False when there is no room for one now. */
export async function ensureReserve({ disk }: JournalPlace, bytes: number): Promise<boolean> {
  if ((await disk.stat(reserveName)) !== undefined) return true;
  if (bytes === 0 || !(await hasRoomFor(disk, bytes))) return false;
  await makeReserve(disk, bytes);
  return true;
}

function numberAfter(names: readonly string[]): number {
  return (logNumbers(names).at(-1) ?? 0) + 1;
}
