/** Why: references arrive one by one and the tree is built from the left, holding one open node a level. */
import type { BlockRef } from '../../catalog/codec/fields.ts';
import { contentBytes, encodeNode, type ManifestNode, maxEntries } from './node.ts';

/** Stores a manifest block and gives its name. */
export type StoreNode = (bytes: Uint8Array) => Promise<BlockRef>;

export type ManifestRoot = { readonly root: BlockRef; readonly depth: number };

export class ManifestBuilder {
  readonly #store: StoreNode;
  readonly #capacity: number;
  readonly #levels: BlockRef[][] = [[]];

  constructor(store: StoreNode, capacity = maxEntries) {
    this.#store = store;
    this.#capacity = capacity;
  }

  async add(ref: BlockRef): Promise<void> {
    await this.#addAt(1, ref);
  }

  /** Closes the open nodes, lowest first, until one root stands for everything. */
  async finish(): Promise<ManifestRoot> {
    for (let level = 1; ; level++) {
      const entries = this.#levels[level - 1] ?? [];
      const root = await this.#close({ level, entries });
      if (level >= this.#levels.length) return { root, depth: level };
      await this.#addAt(level + 1, root);
    }
  }

  async #addAt(level: number, ref: BlockRef): Promise<void> {
    const entries = this.#levels[level - 1] ?? [];
    if (entries.length === this.#capacity) {
      this.#levels[level - 1] = [ref];
      await this.#addAt(level + 1, await this.#close({ level, entries }));
      return;
    }
    entries.push(ref);
    this.#levels[level - 1] = entries;
  }

  async #close(node: ManifestNode): Promise<BlockRef> {
    const { name } = await this.#store(encodeNode(node));
    return { name, bytes: contentBytes(node) };
  }
}
