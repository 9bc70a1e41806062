/**
 * Why: what the kernel has in memory is read at once and verified, without a thread and without waiting, in pieces that
 * are still in the processor's cache when they are checked and sent. Whatever is not as it should be is left to
 * read-block.ts, which finds out what it is.
 */
import type { BlockAddress } from '../base/block-address.ts';
import { isCopysetError } from '../base/errors.ts';
import type { ReadMemory } from '../base/read-memory.ts';
import { type ExpectedRange, findRangeDamage, type RangeParts } from './read-block.ts';
import { chunkBytes, chunkSpan, storedHeaderBytes } from './stored-form.ts';
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

  /** The bytes, each chunk that holds them verified, in memory of the pool; undefined when they are to be read. */
  read(volume: Volume, address: BlockAddress, range: Range): Uint8Array | undefined {
    const span = chunkSpan(range.of, range.from, range.to);
    const tableBytes = span.table.to - span.table.from;
    if (tableBytes > this.#table.byteLength || !volume.readNow?.(address, 0, this.#head)) return undefined;
    const table = this.#table.subarray(0, tableBytes);
    if (!volume.readNow(address, span.table.from, table)) return undefined;
    const data = this.#memory.take(span.data.to - span.data.from);
    const isRead = volume.readNow(address, span.data.from, data);
    if (
      isRead &&
      isSound({ head: this.#head, data, table }, { address, volumeId: volume.id, payloadBytes: range.of, span })
    ) {
      const start = range.from - span.firstChunk * chunkBytes;
      return data.subarray(start, start + range.to - range.from);
    }
    this.#memory.give(data);
    return undefined;
  }
}

function isSound(parts: RangeParts, expected: ExpectedRange): boolean {
  try {
    return findRangeDamage(parts, expected) === undefined;
  } catch (error) {
    if (isCopysetError(error, 'format.unknown_version')) return false;
    throw error;
  }
}
