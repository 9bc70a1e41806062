/**
 * Why: the store below is brought to the end of the history that was adopted, and never beyond what is committed. It
 * may be behind, be of nobody yet, or be lost: then it is restored from a snapshot first.
 */
import { assert } from '../../../base/assert.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { Change, Entry } from '../../kv.ts';
import type { KvSnapshot, StagingKv } from '../../staging.ts';
import { contentOf } from '../format/record.ts';
import type { RebuildProgress } from '../options.ts';
import type { AdoptedHistory } from './adopted-history.ts';

export type CatchUp = {
  readonly inner: StagingKv;
  readonly history: AdoptedHistory;
  readonly progress: ((progress: RebuildProgress) => void) | undefined;
  /** Told of each journal whose snapshot is damaged. */
  readonly damaged: (id: VolumeId) => void;
};

const applyBytes = 4 * 1024 * 1024;

/** Resolves when `inner` is at the end of the history. Rejects with `journal.damaged` when no snapshot can be read. */
export async function catchUp({ inner, history, progress, damaged }: CatchUp): Promise<void> {
  const { revision, incarnation } = await inner.status();
  const { tail, chain, base, incarnation: ours } = history.journal;
  const meter = new Meter(history.bytes, progress);
  if (incarnation !== ours || revision < chain.revision) {
    const restored = await restoreNewest({ inner, history, damaged }, meter);
    await replay(inner, history.records(restored), meter);
  } else if (revision < tail.revision) {
    await replay(inner, history.records(revision < base.revision ? chain.after : base.sequence), meter);
  }
  const reached = (await inner.status()).revision;
  assert(reached === tail.revision, `the store is at revision ${reached}, its journal ends at ${tail.revision}`);
}

/** Resolves with the sequence of the first snapshot that can be read to its end. */
async function restoreNewest({ inner, history, damaged }: Omit<CatchUp, 'progress'>, meter: Meter): Promise<number> {
  let failure: unknown;
  for (const { place, header, snapshot } of history.snapshots()) {
    try {
      await inner.restore(meter.counting(snapshot));
      return header.point.sequence;
    } catch (error) {
      if (!isCopysetError(error, 'format.damaged')) throw error;
      damaged(place.id);
      failure = error;
    }
  }
  throw new CopysetError('journal.damaged', 'no snapshot of the journals can be read to its end', { cause: failure });
}

type Records = ReturnType<AdoptedHistory['records']>;

/** Those that are there already are skipped. */
async function replay(inner: StagingKv, records: Records, meter: Meter): Promise<void> {
  const { revision } = await inner.status();
  let changes: Change[] = [];
  let bytes = 0;
  for await (const record of records) {
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

  constructor(totalBytes: number, progress: ((progress: RebuildProgress) => void) | undefined) {
    this.#totalBytes = totalBytes;
    this.#progress = progress;
  }

  add(bytes: number): void {
    this.#doneBytes = Math.min(this.#doneBytes + bytes, this.#totalBytes);
    this.#progress?.({ doneBytes: this.#doneBytes, totalBytes: this.#totalBytes });
  }

  counting({ status, batches }: KvSnapshot): KvSnapshot {
    return { status, batches: this.#counted(batches) };
  }

  async *#counted(batches: AsyncIterable<readonly Entry[]>): AsyncGenerator<readonly Entry[]> {
    for await (const batch of batches) {
      yield batch;
      this.add(batch.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0));
    }
  }
}
