/**
 * Why: which entry leaves is decided in one place, pure, for every tier. SIEVE (Zhang et al., NSDI 2024): entries
 * queue in order of arrival and never move; a hit marks its entry. The hand walks from the oldest to the newest, clears
 * marks and evicts what it finds unmarked. New entries join behind the newest, so a scan is evicted by the hand as
 * fast as it arrives, and what was used stays.
 */
import { assert } from '../base/assert.ts';

type Node<Key> = {
  readonly key: Key;
  readonly bytes: number;
  marked: boolean;
  older: Node<Key> | undefined;
  newer: Node<Key> | undefined;
};

export class Sieve<Key> {
  readonly capacityBytes: number;
  readonly #nodes = new Map<Key, Node<Key>>();
  #oldest: Node<Key> | undefined;
  #newest: Node<Key> | undefined;
  #hand: Node<Key> | undefined;
  #usedBytes = 0;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get size(): number {
    return this.#nodes.size;
  }

  has(key: Key): boolean {
    return this.#nodes.has(key);
  }

  /** Marks the entry as used; false when it is not here. */
  hit(key: Key): boolean {
    const node = this.#nodes.get(key);
    if (node !== undefined) node.marked = true;
    return node !== undefined;
  }

  /** True when an entry of this size can be held at all. */
  fits(bytes: number): boolean {
    return bytes <= this.capacityBytes;
  }

  /** Takes a new entry that fits; gives those that must leave for it. */
  insert(key: Key, bytes: number): Key[] {
    assert(!this.has(key) && this.fits(bytes), 'a new entry that fits');
    const evicted: Key[] = [];
    while (this.#usedBytes + bytes > this.capacityBytes) evicted.push(this.#evict());
    this.#append({ key, bytes, marked: false, older: this.#newest, newer: undefined });
    return evicted;
  }

  /** True when it was here. */
  remove(key: Key): boolean {
    const node = this.#nodes.get(key);
    if (node !== undefined) this.#unlink(node);
    return node !== undefined;
  }

  #append(node: Node<Key>): void {
    if (this.#newest !== undefined) this.#newest.newer = node;
    this.#oldest ??= node;
    this.#newest = node;
    this.#nodes.set(node.key, node);
    this.#usedBytes += node.bytes;
  }

  #evict(): Key {
    let node = this.#hand ?? this.#oldest;
    while (node?.marked) {
      node.marked = false;
      node = node.newer ?? this.#oldest;
    }
    assert(node !== undefined, 'whoever takes space has an entry');
    this.#hand = node;
    this.#unlink(node);
    return node.key;
  }

  #unlink(node: Node<Key>): void {
    if (this.#hand === node) this.#hand = node.newer;
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
    this.#nodes.delete(node.key);
    this.#usedBytes -= node.bytes;
  }
}
