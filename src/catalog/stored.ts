/** Why: reading records, scanning kinds and guarding commits are the same few lines for every kind. */
import type { CallOptions } from '../base/async/abort.ts';
import { successor } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import type { Commit, Expectation, Kv } from '../kv/kv.ts';
import type { RecordCodec } from './codec/record.ts';

/** A record as it lies in the kv: what to expect of it in a commit is its exact bytes. */
export type Stored<R> = { readonly key: Uint8Array; readonly value: Uint8Array; readonly record: R };

export type KeyRange = { readonly from: Uint8Array; readonly to: Uint8Array };

/** `tailBytes`: as in `RangeQuery`. */
export type TailedRange = KeyRange & { readonly tailBytes: number };

const scanPageSize = 500;

export async function readRecord<R>(
  kv: Kv,
  codec: RecordCodec<R>,
  key: Uint8Array,
  options: CallOptions = {},
): Promise<Stored<R> | undefined> {
  const entry = await kv.get(key, options);
  return entry === undefined ? undefined : { key, value: entry.value, record: codec.decode(entry.value) };
}

/** The first record of the range. */
export async function firstRecord<R>(
  kv: Kv,
  codec: RecordCodec<R>,
  range: TailedRange,
  options: CallOptions = {},
): Promise<Stored<R> | undefined> {
  const { entries } = await kv.range({ ...range, limit: 1 }, options);
  const entry = entries[0];
  return entry === undefined ? undefined : { key: entry.key, value: entry.value, record: codec.decode(entry.value) };
}

/** All records of the range, page by page; records that change meanwhile may or may not show. */
export async function* scanRecords<R>(
  kv: Kv,
  codec: RecordCodec<R>,
  range: KeyRange,
  options: CallOptions = {},
): AsyncGenerator<Stored<R>> {
  for (let from = range.from; ; ) {
    const { entries, more } = await kv.range({ from, to: range.to, limit: scanPageSize }, options);
    for (const { key, value } of entries) yield { key, value, record: codec.decode(value) };
    const last = entries.at(-1);
    if (!more || last === undefined) return;
    from = successor(last.key);
  }
}

export async function collectRecords<R>(
  kv: Kv,
  codec: RecordCodec<R>,
  range: KeyRange,
  options: CallOptions = {},
): Promise<R[]> {
  const records: R[] = [];
  for await (const { record } of scanRecords(kv, codec, range, options)) records.push(record);
  return records;
}

export function unchanged(stored: Stored<unknown>): Expectation {
  return { kind: 'value', key: stored.key, value: stored.value };
}

export function absent(key: Uint8Array): Expectation {
  return { kind: 'absent', key };
}

export function emptyRange(range: KeyRange): Expectation {
  return { kind: 'empty-range', ...range };
}

/** Lost races for one record, after which it is given up. */
export const maxAttempts = 32;

/**
 * Reads, decides and commits until the expectations hold. `attempt` reads the state afresh and gives the commit with
 * the value to return, or throws what makes it impossible. `conflict` after 32 lost races.
 */
export async function transact<T>(
  kv: Kv,
  attempt: () => Promise<{ readonly commit: Commit; readonly value: T }>,
  options: CallOptions = {},
): Promise<T> {
  for (let tries = 0; tries < maxAttempts; tries++) {
    const { commit, value } = await attempt();
    const result = await kv.commit(commit, options);
    if (result.committed) return value;
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for the same record`);
}
