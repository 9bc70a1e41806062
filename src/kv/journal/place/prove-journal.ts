/** Why: a start reads the log, and of a snapshot its ends; a journal is known to be whole when all of it was read. */
import { throwIfAborted } from '../../../base/async/abort.ts';
import { isCopysetError } from '../../../base/errors.ts';
import type { StoreId } from '../../../base/ids.ts';
import type { ReadablePlace } from './journal-place.ts';
import { type JournalProblem, type JournalView, type ReadingOptions, readJournal } from './journal-view.ts';
import { snapshotName } from './names.ts';
import { readSnapshot } from './snapshot-file.ts';

/** What was read, and all that is wrong with it. */
export type ProvenJournal = { readonly view: JournalView; readonly problems: readonly JournalProblem[] };

const maxReadings = 3;

/**
 * Reads everything in a journal. Whoever writes it may remove what a snapshot covers meanwhile: then it is read again.
 * Rejects as `readJournal` does.
 */
export async function proveJournal(
  place: ReadablePlace,
  storeId: StoreId,
  options: ReadingOptions = {},
): Promise<ProvenJournal> {
  for (let reading = 1; ; reading++) {
    try {
      const view = await readJournal(place, storeId, options);
      return { view, problems: [...problemsOf(view), ...(await proveSnapshot(place, view, options))] };
    } catch (error) {
      if (reading === maxReadings || !isCopysetError(error, 'disk.not_found')) throw error;
    }
  }
}

function problemsOf({ report, problems }: JournalView): JournalProblem[] {
  const lost = { file: '', problem: 'records that were synced are lost' };
  return report.state === 'damaged' ? [...problems, lost] : [...problems];
}

/** Of the newest one, on which the journal stands. */
async function proveSnapshot(
  { disk }: ReadablePlace,
  { base }: JournalView,
  options: ReadingOptions,
): Promise<JournalProblem[]> {
  if (base === undefined) return [];
  try {
    for await (const _ of readSnapshot(disk, base, options).batches) throwIfAborted(options.signal);
    return [];
  } catch (error) {
    if (!isCopysetError(error, 'format.damaged')) throw error;
    return [{ file: snapshotName(base.point.sequence), problem: error.message }];
  }
}
