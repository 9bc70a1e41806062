/**
 * Why: what one journal holds is copied to others and replayed into the store below in a stream, however long it is.
 */
import { CopysetError } from '../../../base/errors.ts';
import type { StoreId } from '../../../base/ids.ts';
import type { EncodedRecord } from '../format/record.ts';
import type { ReadableDisk, ReadablePlace } from './journal-place.ts';
import type { LogFileView } from './journal-view.ts';
import { openLogScan } from './log-scan.ts';

export type RecordRange = {
  readonly place: ReadablePlace;
  readonly storeId: StoreId;
  readonly files: readonly LogFileView[];
  /** Exclusive, inclusive. */
  readonly after: number;
  readonly until: number;
};

/** The records of an intact history, in order; rejects with `format.damaged` when one cannot be read any more. */
export async function* readRecords(range: RecordRange): AsyncGenerator<EncodedRecord> {
  const { place, storeId, files, after, until } = range;
  let next = after + 1;
  for (const file of files.filter((one) => one.until > after)) {
    const last = Math.min(until, file.until);
    if (next > last) continue;
    for await (const record of recordsIn(place.disk, { name: file.name, storeId })) {
      if (record.point.sequence !== next) continue;
      yield record;
      next++;
      if (next > last) break;
    }
  }
  if (next > until) return;
  throw new CopysetError('format.damaged', `${place.disk.root}: record ${next} of the journal cannot be read`);
}

async function* recordsIn(
  disk: ReadableDisk,
  file: { readonly name: string; readonly storeId: StoreId },
): AsyncGenerator<EncodedRecord> {
  await using scan = await openLogScan(disk, file);
  for await (const { record } of scan.frames) yield record;
}
