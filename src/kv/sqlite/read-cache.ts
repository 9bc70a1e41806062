/**
 * Why: every request reads its bucket and the newest version of a key, and a read of SQLite costs more than the rest of
 * the kv. What was read is kept by the key that it was read by, or by the start of the range that it was the first of;
 * a commit names keys, and a key tells both, since keys of such ranges are promised to have one length behind the
 * start.
 */
import type { Change, Entry, RangeQuery, RangeResult } from '../kv.ts';
import { EntryCache, type EntryCacheLimits } from './entry-cache.ts';

type First = Pick<RangeResult, 'entries' | 'more'>;

/** Of lengths; ranges of more kinds are not kept. */
const maxTails = 4;

export class ReadCache {
  readonly #entries: EntryCache<Entry>;
  readonly #firsts: EntryCache<First>;
  readonly #tails = new Set<number>();

  /** For either of the two. */
  constructor(limits: EntryCacheLimits) {
    this.#entries = new EntryCache(limits, ({ key, value }) => key.byteLength + value.byteLength);
    this.#firsts = new EntryCache(limits, ({ entries: [entry] }) => bytesOf(entry));
  }

  get(key: Uint8Array): Entry | undefined {
    return this.#entries.find(key);
  }

  /** Of what was just read, in the same turn. */
  keep(entry: Entry): void {
    this.#entries.keep(entry.key, entry);
  }

  /** What a range gives of which one entry is asked for. */
  first(query: RangeQuery): First | undefined {
    return tailOf(query) === undefined ? undefined : this.#firsts.find(query.from);
  }

  /** Of what was just read, in the same turn. That there is nothing is not kept. */
  keepFirst(query: RangeQuery, first: First): void {
    const tail = tailOf(query);
    const [entry] = first.entries;
    if (tail === undefined || entry === undefined) return;
    if (!this.#tails.has(tail) && this.#tails.size >= maxTails) return;
    this.#tails.add(tail);
    this.#firsts.keep(query.from.slice(), first);
  }

  /** Of what changes now, whatever becomes of it. */
  forget(changes: readonly Change[]): void {
    for (const { puts, deletes } of changes) {
      for (const { key } of puts) this.#drop(key);
      for (const key of deletes) this.#drop(key);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#firsts.clear();
  }

  #drop(key: Uint8Array): void {
    this.#entries.drop(key);
    for (const tail of this.#tails)
      if (key.byteLength >= tail) this.#firsts.drop(key.subarray(0, key.byteLength - tail));
  }
}

function tailOf({ limit, reverse, tailBytes }: RangeQuery): number | undefined {
  return limit === 1 && reverse !== true ? tailBytes : undefined;
}

function bytesOf(entry: Entry | undefined): number {
  return entry === undefined ? 0 : entry.key.byteLength + entry.value.byteLength;
}
