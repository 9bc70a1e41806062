/**
 * Why: the store below is brought to the end of the history that was adopted, and never beyond what is committed. It may
 * be behind, be of nobody yet, or be lost: then it is restored from a snapshot first.
 */
import { assert } from '../../../base/assert.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { Change, Entry } from '../../kv.ts';
import type { KvSnapshot, StagingKv } from '../../staging.ts';
import type { Point } from '../core/point.ts';
import { contentOf } from '../format/record.ts';
import type { RebuildProgress } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { JournalView } from '../place/journal-view.ts';
import { readRecords } from '../place/read-records.ts';
import { readSnapshot } from '../place/snapshot-file.ts';

/** An intact journal, and where it is. */
export type Source = { readonly place: JournalPlace; readonly view: JournalView };

export type CatchUp = {
  readonly inner: StagingKv;
  readonly storeId: StoreId;
  readonly source: Source;
  /** Other journals whose snapshot would do as well, if that of the source is damaged. */
  readonly others: readonly Source[];
  readonly tail: Point;
  readonly progress: ((progress: RebuildProgress) => void) | undefined;
  /** Told of each journal whose snapshot is. */
  readonly damaged: (id: VolumeId) => void;
};

const applyBytes = 4 * 1024 * 1024;

/** Resolves when `inner` is at the revision of `tail`. Rejects with `journal.damaged` when no snapshot can be read. */
export async function catchUp(task: CatchUp): Promise<void> {
  const { inner, source, tail } = task;
  const { revision, incarnation } = await inner.status();
  const base = source.view.base;
  assert(base !== undefined, 'the source of a recovery is intact');
  const isOurs = incarnation === base.status.incarnation && revision >= base.point.revision;
  const meter = new Meter(source.view, task.progress);
  if (!isOurs) await restoreNewest(task, meter);
  if (revision < tail.revision || !isOurs) await replay(task, meter);
  const reached = (await inner.status()).revision;
  assert(reached === tail.revision, `the store is at revision ${reached}, its journal ends at ${tail.revision}`);
}

/** From the newest snapshot that can be read to its end, and from which the log of the source goes on. */
async function restoreNewest({ inner, source, others, damaged }: CatchUp, meter: Meter): Promise<void> {
  const least = source.view.base?.point.sequence ?? 0;
  let failure: unknown;
  for (const { place, view } of [source, ...others]) {
    if (view.base === undefined || view.base.point.sequence < least) continue;
    try {
      await inner.restore(meter.snapshot(readSnapshot(place.disk, view.base)));
      return;
    } catch (error) {
      if (!isCopysetError(error, 'format.damaged')) throw error;
      damaged(place.id);
      failure = error;
    }
  }
  throw new CopysetError('journal.damaged', 'no snapshot of the journals can be read to its end', { cause: failure });
}

async function replay({ inner, storeId, source, tail }: CatchUp, meter: Meter): Promise<void> {
  const { revision } = await inner.status();
  const { place, view } = source;
  const range = { place, storeId, files: view.files, after: view.base?.point.sequence ?? 0, until: tail.sequence };
  let changes: Change[] = [];
  let bytes = 0;
  for await (const record of readRecords(range)) {
    meter.add(record.body.byteLength);
    const content = contentOf(record);
    if (content.kind !== 'batch' || record.point.revision <= revision) continue;
    changes.push(...content.changes);
    bytes += record.body.byteLength;
    if (bytes < applyBytes) continue;
    await inner.apply(changes);
    changes = [];
    bytes = 0;
  }
  await inner.apply(changes);
}

/** Tells how far a rebuild is, in bytes of snapshot and log. */
class Meter {
  readonly #totalBytes: number;
  readonly #progress: ((progress: RebuildProgress) => void) | undefined;
  #doneBytes = 0;

  constructor(view: JournalView, progress: ((progress: RebuildProgress) => void) | undefined) {
    this.#totalBytes = view.bytes;
    this.#progress = progress;
  }

  add(bytes: number): void {
    this.#doneBytes = Math.min(this.#doneBytes + bytes, this.#totalBytes);
    this.#progress?.({ doneBytes: this.#doneBytes, totalBytes: this.#totalBytes });
  }

  snapshot({ status, batches }: KvSnapshot): KvSnapshot {
    return { status, batches: this.#counted(batches) };
  }

  async *#counted(batches: AsyncIterable<readonly Entry[]>): AsyncGenerator<readonly Entry[]> {
    for await (const batch of batches) {
      yield batch;
      this.add(batch.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0));
    }
  }
}
