/**
 * Why: a simulation kills a store and opens another over what the first one left: this is the stand-in for the database
 * file. As with SQLite's synchronous=NORMAL, a power cut may take accepted batches back to an earlier accepted
 * revision.
 */
import type { Change, Entry, KvStatus, Revision } from '../kv.ts';
import type { OrderedMap } from './ordered-map.ts';

/** Immutable: everything that readers of one moment see. */
export type MemoryState = { readonly entries: OrderedMap<Entry>; readonly revision: Revision };

const emptyState: MemoryState = { entries: undefined, revision: 0 };

/** How many accepted batches a power cut may take back at most; older ones count as checkpointed. */
const volatileStates = 64;

export class MemoryKvFile {
  /** Accepted states, oldest first; the last one is current. */
  #states: MemoryState[] = [emptyState];
  /** Revisions are dense: the change of revision r is at r - trimmedTo - 1. */
  #log: Change[] = [];
  #trimmedTo: Revision = 0;
  #incarnation: string;
  #opener: object | undefined;

  constructor(incarnation: string) {
    this.#incarnation = incarnation;
  }

  /** From now on only `opener` may write: whoever had the file before is a process that died. */
  openBy(opener: object): void {
    this.#opener = opener;
  }

  isOpenBy(opener: object): boolean {
    return this.#opener === opener;
  }

  get state(): MemoryState {
    return this.#states.at(-1) ?? emptyState;
  }

  get status(): KvStatus {
    return { revision: this.state.revision, trimmedTo: this.#trimmedTo, incarnation: this.#incarnation };
  }

  /** The newest revision and those to which a power cut may fall back, ascending. */
  get survivingRevisions(): Revision[] {
    return this.#states.map(({ revision }) => revision);
  }

  changes(after: Revision, limit: number): Change[] {
    const start = after - this.#trimmedTo;
    return this.#log.slice(start, start + limit);
  }

  /** Takes one batch: the entries after it, and the changes that led there. */
  accept(entries: OrderedMap<Entry>, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#states.push({ entries, revision: this.state.revision + changes.length });
    if (this.#states.length > volatileStates) this.#states.shift();
    this.#log.push(...changes);
  }

  trim(upTo: Revision): void {
    this.#log.splice(0, upTo - this.#trimmedTo);
    this.#trimmedTo = upTo;
    this.#states = this.#states.filter(({ revision }) => revision >= upTo);
  }

  /** Becomes empty at revision 0, as it stays when a crash interrupts a restore. */
  clear(): void {
    this.#states = [emptyState];
    this.#log = [];
    this.#trimmedTo = 0;
  }

  /** Holds exactly `entries` as of the snapshot's revision. Its log begins there. */
  restore(entries: OrderedMap<Entry>, status: KvStatus): void {
    this.#states = [{ entries, revision: status.revision }];
    this.#log = [];
    this.#trimmedTo = status.revision;
    this.#incarnation = status.incarnation;
  }

  /**
   * A power cut: falls back to the newest accepted state at or below `revision`, or to the oldest that is still
   * volatile.
   */
  rollbackTo(revision: Revision): void {
    const kept = this.#states.filter((state) => state.revision <= revision);
    this.#states = kept.length === 0 ? this.#states.slice(0, 1) : kept;
    this.#log.length = this.state.revision - this.#trimmedTo;
  }

  /** An independent copy, as of `cp`. Cheap: states are shared because they never change. */
  clone(): MemoryKvFile {
    const copy = new MemoryKvFile(this.#incarnation);
    copy.#states = [...this.#states];
    copy.#log = [...this.#log];
    copy.#trimmedTo = this.#trimmedTo;
    return copy;
  }
}
