/**
 * Why: every request reads its bucket, and a read of SQLite costs more than the rest of the kv. Nobody else writes the
 * file, and a read, like the end of a commit, is one synchronous step of this process: an entry that was read can be
 * kept until a commit names its key, and no read is ever between the two. What is kept is bounded in entries and bytes.
 */
import { asBuffer } from '../../base/bytes.ts';
import type { Change, Entry } from '../kv.ts';

export type EntryCacheLimits = { readonly maxEntries: number; readonly maxBytes: number };

/** Of what an entry takes besides its bytes: objects, and its place in a map. */
const overheadBytes = 256;

/** Two generations, each at most half of the limits: what is found again in the older one joins the younger. */
export class EntryCache {
  readonly #limits: EntryCacheLimits;
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();
  #youngBytes = 0;

  constructor(limits: EntryCacheLimits) {
    this.#limits = limits;
  }

  find(key: Uint8Array): Entry | undefined {
    const name = nameOf(key);
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#add(name, old);
    return old;
  }

  /** Of what was just read, in the same turn. */
  keep(entry: Entry): void {
    this.#add(nameOf(entry.key), entry);
  }

  /** Of what changes now, whatever becomes of it. */
  forget(changes: readonly Change[]): void {
    if (this.#young.size + this.#old.size === 0) return;
    for (const { puts, deletes } of changes) {
      for (const { key } of puts) this.#drop(nameOf(key));
      for (const key of deletes) this.#drop(nameOf(key));
    }
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
  }

  #add(name: string, entry: Entry): void {
    const { maxEntries, maxBytes } = this.#limits;
    const bytes = bytesOf(entry);
    if (bytes > maxBytes / 2) return;
    const isFull = this.#youngBytes + bytes > maxBytes / 2 || this.#young.size + 1 > maxEntries / 2;
    if (isFull) this.#age();
    this.#young.set(name, entry);
    this.#youngBytes += bytes;
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  #drop(name: string): void {
    const young = this.#young.get(name);
    if (young !== undefined) this.#youngBytes -= bytesOf(young);
    this.#young.delete(name);
    this.#old.delete(name);
  }
}

/** One character a byte. */
function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1');
}

/** The key is there a second time, as text. */
function bytesOf({ key, value }: Entry): number {
  return 2 * key.byteLength + value.byteLength + overheadBytes;
}
