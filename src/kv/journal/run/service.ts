/** Why: what looks after the journals while commits go on needs this much of the store, and no more. */
import type { JournalContext } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { JournalGroup } from './group.ts';

export type JournalService = {
  readonly context: JournalContext;
  readonly group: JournalGroup;
  /** Runs `work` between two batches; rejects at once while no commits are taken. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Where a recovery looks: there as well, or there only. */
  addPlaces(places: readonly JournalPlace[]): void;
  keepPlaces(places: readonly JournalPlace[]): void;
};
