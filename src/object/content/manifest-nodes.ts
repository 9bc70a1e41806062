/**
 * Why: who reads a large object range by range walks its manifest for each of them. Nodes are named by their content,
 * so one that was read and decoded stays right; the one used longest ago leaves. Bounded in references.
 */
import type { BlockName } from '../../base/block-name.ts';
import { decodeNode, type ManifestNode } from '../manifest/node.ts';

/** Some 200 bytes each; 512 GiB of objects in blocks of 8 MiB. */
const mostReferences = 65_536;

export class ManifestNodes {
  readonly #mostReferences: number;
  /** The one used last is at the end. */
  readonly #nodes = new Map<BlockName, ManifestNode>();
  #references = 0;

  constructor(most = mostReferences) {
    this.#mostReferences = most;
  }

  /** Undefined where it is to be read. */
  atHand(name: BlockName): ManifestNode | undefined {
    const node = this.#nodes.get(name);
    if (node === undefined) return undefined;
    this.#nodes.delete(name);
    this.#nodes.set(name, node);
    return node;
  }

  /** `bytes` reads them. */
  async read(name: BlockName, bytes: () => Promise<Uint8Array>): Promise<ManifestNode> {
    const known = this.atHand(name);
    if (known !== undefined) return known;
    const node = decodeNode(await bytes());
    this.#keep(name, node);
    return node;
  }

  #keep(name: BlockName, node: ManifestNode): void {
    if (this.#nodes.has(name)) return;
    this.#nodes.set(name, node);
    this.#references += node.entries.length;
    for (const [oldest, { entries }] of this.#nodes) {
      if (this.#references <= this.#mostReferences) break;
      this.#nodes.delete(oldest);
      this.#references -= entries.length;
    }
  }
}
