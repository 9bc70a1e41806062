/** Why: snapshots go out in batches that are bounded in entries and in bytes, whatever the values weigh. */
import type { Entry } from './kv.ts';

const batchEntries = 256;
export const batchBytes = 1024 * 1024;

/** Cuts entries into batches; a batch ends with the entry that fills it. */
export function* entryBatches(entries: Iterable<Entry>): Generator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    batch.push(entry);
    bytes += entry.key.byteLength + entry.value.byteLength;
    if (batch.length < batchEntries && bytes < batchBytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
