/** Why: what looks after the journals while commits go on needs this much of the store, and no more. */
import { throwIfAborted } from '../../../base/async/abort.ts';
import type { KvSnapshot, StagingKv } from '../../staging.ts';
import type { JournalContext } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { JournalGroup } from './journal-group.ts';

export type JournalService = {
  readonly context: JournalContext;
  readonly group: JournalGroup;
  /** Aborts when the store is closed. */
  readonly stopping: AbortSignal;
  /** Runs `work` between two batches; rejects at once while no commits are taken. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** From now on a recovery looks there as well. */
  addPlace(place: JournalPlace): void;
};

/** A snapshot that is to be released whether or not anybody read it. */
export type HeldSnapshot = { readonly snapshot: KvSnapshot; release(): Promise<void> };

/** Begins to read at once: a store frees what it holds for a snapshot only when a reading of it ends. */
export async function holdSnapshot(inner: StagingKv, stopping: AbortSignal): Promise<HeldSnapshot> {
  const { status, batches } = await inner.snapshot();
  const iterator = batches[Symbol.asyncIterator]();
  const first = await iterator.next();
  const rest = async function* () {
    for (let step = first; step.done !== true; step = await iterator.next()) {
      throwIfAborted(stopping);
      yield step.value;
    }
  };
  return { snapshot: { status, batches: rest() }, release: async () => void (await iterator.return?.()) };
}
