/**
 * Why: nobody else writes the file, and a read, like the end of a commit, is one synchronous step of this process: what
 * was read can be kept until a commit names its key, and no read is ever between the two. What is kept is bounded in
 * entries and bytes.
 */

export type EntryCacheLimits = { readonly maxEntries: number; readonly maxBytes: number };

/** Of what an entry takes besides its bytes: objects, and its place in a map. */
const overheadBytes = 256;

type Kept<T> = { readonly value: T; readonly bytes: number };

/** Two generations, each at most half of the limits: what is found again in the older one joins the younger. */
export class EntryCache<T> {
  readonly #limits: EntryCacheLimits;
  readonly #bytesOf: (value: T) => number;
  #young = new Map<string, Kept<T>>();
  #old = new Map<string, Kept<T>>();
  #youngBytes = 0;

  constructor(limits: EntryCacheLimits, bytesOf: (value: T) => number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
  }

  find(key: Uint8Array): T | undefined {
    const name = nameOf(key);
    const young = this.#young.get(name);
    if (young !== undefined) return young.value;
    const old = this.#old.get(name);
    if (old !== undefined) this.#add(name, old);
    return old?.value;
  }

  /** Of what was just read, in the same turn. */
  keep(key: Uint8Array, value: T): void {
    // the key is there as text too
    this.#add(nameOf(key), { value, bytes: key.byteLength + this.#bytesOf(value) + overheadBytes });
  }

  /** Of what changes now, whatever becomes of it. */
  drop(key: Uint8Array): void {
    if (this.#young.size + this.#old.size === 0) return;
    const name = nameOf(key);
    this.#youngBytes -= this.#young.get(name)?.bytes ?? 0;
    this.#young.delete(name);
    this.#old.delete(name);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
  }

  #add(name: string, kept: Kept<T>): void {
    const { maxEntries, maxBytes } = this.#limits;
    const { bytes } = kept;
    if (bytes > maxBytes / 2) return;
    const isFull = this.#youngBytes + bytes > maxBytes / 2 || this.#young.size + 1 > maxEntries / 2;
    if (isFull) this.#age();
    this.#young.set(name, kept);
    this.#youngBytes += bytes;
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

/** One character a byte. */
function nameOf(key: Uint8Array): string {
  return Buffer.prototype.toString.call(key, 'latin1');
}
