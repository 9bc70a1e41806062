/**
 * Why: what the kernel has in memory is read at once and verified, without a thread and without waiting, in pieces that
 * are still in the processor's cache when they are checked and sent.
 */
import type { BlockAddress } from '../base/block-address.ts';
import type { ReadMemory } from '../base/read-memory.ts';
import { verifiedRange } from './read-block.ts';
import { chunkSpan, storedHeaderBytes } from './stored-form.ts';
import type { Volume } from './volume.ts';

/** Bytes [from, to) of a block that has `of` bytes. */
type Range = { readonly from: number; readonly to: number; readonly of: number };

/** Of one read, as everybody waits for it. */
const maxChunks = 64;

export class ResidentReader {
  readonly #memory: ReadMemory;
  /** Used anew by each read; off the heap, as the kernel writes to them. */
  readonly #head = Buffer.allocUnsafeSlow(storedHeaderBytes);
  readonly #table = Buffer.allocUnsafeSlow(maxChunks * 4);

  constructor(memory: ReadMemory) {
    this.#memory = memory;
  }

  /**
   * The bytes, each chunk that holds them verified, in memory of the pool; undefined where they are to be read
   * otherwise. `block.damaged`, `format.unknown_version`.
   */
  read(volume: Volume, address: BlockAddress, range: Range): Uint8Array | undefined {
    const span = chunkSpan(range.of, range.from, range.to);
    const tableBytes = span.table.to - span.table.from;
    if (tableBytes > this.#table.byteLength || !volume.readNow?.(address, 0, this.#head)) return undefined;
    const table = this.#table.subarray(0, tableBytes);
    if (!volume.readNow(address, span.table.from, table)) return undefined;
    const data = this.#memory.take(span.data.to - span.data.from);
    let verified: Uint8Array | undefined;
    try {
      const expected = { volume, address, range, payloadBytes: range.of, span };
      if (volume.readNow(address, span.data.from, data))
        verified = verifiedRange({ head: this.#head, data, table }, expected);
    } finally {
      if (verified === undefined) this.#memory.give(data);
    }
    return verified;
  }
}
