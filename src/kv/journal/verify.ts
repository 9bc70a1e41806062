/**
 * Why: what nobody reads rots unseen: everything in every journal is read and checked, in a running store or a stopped
 * one.
 */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { isCopysetError, toCopysetError } from '../../base/errors.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import type { Revision } from '../kv.ts';
import { type JournalReport, newestCommittedSet } from './core/recovery.ts';
import type { ReadablePlace } from './place/journal-place.ts';
import { type JournalProblem, type JournalView, readJournal } from './place/journal-view.ts';
import { snapshotName } from './place/names.ts';
import { readSnapshot } from './place/snapshot-file.ts';

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
    const view = await readUndisturbed(place, storeId, options);
    const { report, bytes } = view;
    const revision = report.state === 'intact' ? report.tail.revision : undefined;
    const problems = await problemsOf(place, view, options);
    return { verification: { id, path, state: report.state, revision, bytes, problems }, report };
  } catch (cause) {
    throwIfAborted(options.signal);
    const problems = [{ file: '', problem: toCopysetError(cause).message }];
    const verification = { id, path, state: 'missing' as const, revision: undefined, bytes: 0, problems };
    return { verification, report: { id, state: 'missing' } };
  }
}

const maxReadings = 3;

/** A running store may remove files that a snapshot covers while they are read: then it is read again. */
async function readUndisturbed(place: ReadablePlace, storeId: StoreId, options: CallOptions): Promise<JournalView> {
  for (let reading = 1; ; reading++) {
    try {
      return await readJournal(place, storeId, options);
    } catch (error) {
      if (reading === maxReadings || !isCopysetError(error, 'disk.not_found')) throw error;
    }
  }
}

async function problemsOf(place: ReadablePlace, view: JournalView, options: CallOptions): Promise<JournalProblem[]> {
  const damage = view.report.state === 'damaged' ? [{ file: '', problem: 'records that were synced are lost' }] : [];
  const problems = [...view.problems, ...damage];
  if (view.base === undefined) return problems;
  const file = snapshotName(view.base.point.sequence);
  try {
    for await (const _ of readSnapshot(place.disk, view.base).batches) throwIfAborted(options.signal);
    return problems;
  } catch (error) {
    if (!isCopysetError(error, 'format.damaged')) throw error;
    return [...problems, { file, problem: error.message }];
  }
}
