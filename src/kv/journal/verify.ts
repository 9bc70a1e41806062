/**
 * Why: what nobody reads rots unseen: everything in every journal is read and checked, in a running store or a stopped
 * one.
 */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { toCopysetError } from '../../base/errors.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import type { Revision } from '../kv.ts';
import { type JournalReport, newestCommittedSet } from './core/recovery.ts';
import type { ReadablePlace } from './place/journal-place.ts';
import type { JournalProblem } from './place/journal-view.ts';
import { proveJournal } from './place/prove-journal.ts';

export type JournalVerification = {
  readonly id: VolumeId;
  readonly path: string;
  readonly state: 'intact' | 'damaged' | 'empty' | 'missing';
  /** Of the newest commit that it holds. */
  readonly revision: Revision | undefined;
  readonly bytes: number;
  readonly problems: readonly JournalProblem[];
};

type Verified = { readonly verification: JournalVerification; readonly report: JournalReport };

/**
 * Reads all of each journal that is in the set in force; of every place while no journal tells the set. A tail that was
 * being written is no problem.
 */
export async function verifyPlaces(
  places: readonly ReadablePlace[],
  storeId: StoreId,
  options: CallOptions = {},
): Promise<JournalVerification[]> {
  const verified = await Promise.all(places.map((place) => verifyPlace(place, storeId, options)));
  const known = newestCommittedSet(verified.map(({ report }) => report));
  return verified
    .map(({ verification }) => verification)
    .filter(({ id }) => known === undefined || known.set.members.includes(id));
}

async function verifyPlace(place: ReadablePlace, storeId: StoreId, options: CallOptions): Promise<Verified> {
  const { id } = place;
  const path = place.disk.root;
  try {
    const { view, problems } = await proveJournal(place, storeId, options);
    const { report, bytes } = view;
    const revision = report.state === 'intact' ? report.tail.revision : undefined;
    return { verification: { id, path, state: report.state, revision, bytes, problems }, report };
  } catch (cause) {
    throwIfAborted(options.signal);
    const problems = [{ file: '', problem: toCopysetError(cause).message }];
    const verification = { id, path, state: 'missing' as const, revision: undefined, bytes: 0, problems };
    return { verification, report: { id, state: 'missing' } };
  }
}
