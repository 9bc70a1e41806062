/**
 * Why: the history that a recovery goes on with, ready to be read: its records from the adopted journal, and the
 * snapshots from which they go on, of whichever journal has one, since any of them may turn out to be damaged.
 */
import { assert, present } from '../../../base/assert.ts';
import type { StoreId } from '../../../base/ids.ts';
import type { KvSnapshot } from '../../staging.ts';
import type { Point } from '../core/point.ts';
import type { IntactJournal } from '../core/recovery.ts';
import type { EncodedRecord } from '../format/record.ts';
import type { SnapshotHeader } from '../format/snapshot-chunk.ts';
import type { ReadablePlace } from '../place/journal-place.ts';
import type { JournalView } from '../place/journal-view.ts';
import { readRecords } from '../place/read-records.ts';
import { readSnapshot } from '../place/snapshot-file.ts';

/** A journal that was read, and where it is. */
export type Source = { readonly place: ReadablePlace; readonly view: JournalView };

export type FoundSnapshot = {
  readonly place: ReadablePlace;
  readonly header: SnapshotHeader;
  readonly snapshot: KvSnapshot;
};

export class AdoptedHistory {
  readonly journal: IntactJournal;
  readonly #storeId: StoreId;
  readonly #source: Source;
  readonly #sources: readonly Source[];

  /** `sources`: all journals that were read, that of `journal` among them. */
  constructor(storeId: StoreId, journal: IntactJournal, sources: readonly Source[]) {
    const source = sources.find(({ place }) => place.id === journal.id);
    this.journal = journal;
    this.#storeId = storeId;
    this.#source = present(source, 'the adopted journal');
    this.#sources = sources;
  }

  get tail(): Point {
    return this.journal.tail;
  }

  /** Of the adopted journal's files. */
  get bytes(): number {
    return this.#source.view.bytes;
  }

  /** The records above `after`, of which all are there: `after` is not below `journal.chain.after`. */
  records(after: number): AsyncGenerator<EncodedRecord> {
    const { place, view } = this.#source;
    return readRecords({ place, storeId: this.#storeId, files: view.files, after, until: this.tail.sequence });
  }

  /** Whether `from` can tell where it is. */
  holds(sequence: number): boolean {
    return sequence > this.journal.chain.after || sequence === this.journal.base.sequence;
  }

  /**
   * The history up to a sequence that it holds, and its records after that. Return them when they are not read to the
   * end.
   */
  async from(sequence: number): Promise<{ previous: Point; records: AsyncGenerator<EncodedRecord> }> {
    const { base } = this.journal;
    if (sequence === base.sequence) return { previous: base, records: this.records(sequence) };
    const records = this.records(sequence - 1);
    const first = await records.next();
    assert(first.done !== true, 'the adopted journal holds the record');
    return { previous: first.value.point, records };
  }

  /** Its own snapshot first, then those of others, newest first. */
  snapshots(): FoundSnapshot[] {
    const { chain, incarnation } = this.journal;
    const others = this.#sources.filter((one) => one !== this.#source).toSorted(newestFirst);
    return [this.#source, ...others].flatMap(({ place, view: { base } }) => {
      const goesOn =
        base !== undefined && base.status.incarnation === incarnation && base.point.sequence >= chain.after;
      return goesOn ? [{ place, header: base, snapshot: readSnapshot(place.disk, base) }] : [];
    });
  }
}

function newestFirst(left: Source, right: Source): number {
  return (right.view.base?.point.sequence ?? 0) - (left.view.base?.point.sequence ?? 0);
}
