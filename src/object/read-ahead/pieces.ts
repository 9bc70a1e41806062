/**
 * Why: what was fetched ahead is kept until it is read, and told apart as used or wasted. A block is fetched in pieces,
 * so that a reader who comes for one waits for little. A piece that the kernel can send from its page cache is only
 * remembered; others are held here, not in the cache tier: its first read there would mark it as used again, and a scan
 * would flush what is hot. Bounded in bytes; the oldest leave.
 */
import type { BlockName } from '../../base/block-name.ts';
import type { Counter } from '../../observe/metrics/metrics.ts';
import type { BlockLocation, ByteRange } from '../../replica/block-store.ts';

export const pieceBytes = 1024 * 1024;

/** Payload bytes `range` of a block. */
export type BlockPart = { readonly block: BlockLocation; readonly range: ByteRange };

export type Piece = {
  readonly part: BlockPart;
  /** Resolves, never rejects, when it is here or failed; undefined when it is here. */
  arriving: Promise<void> | undefined;
  /** Undefined: the page cache has them. */
  bytes: Uint8Array | undefined;
  /** Block bytes before it were read. */
  usedTo: number;
};

/** Bytes. */
export type PieceCounts = { readonly used: Counter; readonly wasted: Counter };

export class Pieces {
  readonly #capacityBytes: number;
  readonly #counts: PieceCounts;
  readonly #pieces = new Map<string, Piece>();
  #bytes = 0;
  #usedBytes = 0;
  #wastedBytes = 0;

  constructor(capacityBytes: number, counts: PieceCounts) {
    this.#capacityBytes = capacityBytes;
    this.#counts = counts;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /** Used, of what was used or wasted; 1 before anything was. */
  get usedRatio(): number {
    const ended = this.#usedBytes + this.#wastedBytes;
    return ended === 0 ? 1 : this.#usedBytes / ended;
  }

  has(part: BlockPart): boolean {
    return this.#pieces.has(keyOf(part.block.name, indexOf(part)));
  }

  /** False when it can not be held. Those that leave for it are the oldest ones that are here. */
  add(piece: Piece): boolean {
    const bytes = lengthOf(piece.part);
    for (const oldest of this.#pieces.values()) {
      if (this.#bytes + bytes <= this.#capacityBytes) break;
      if (oldest.arriving === undefined) this.remove(oldest);
    }
    if (this.#bytes + bytes > this.#capacityBytes) return false;
    this.#pieces.set(keyOf(piece.part.block.name, indexOf(piece.part)), piece);
    this.#bytes += bytes;
    return true;
  }

  /** What of it was never read was wasted, if it ever came. */
  remove(piece: Piece): void {
    const key = keyOf(piece.part.block.name, indexOf(piece.part));
    if (this.#pieces.get(key) !== piece) return;
    this.#pieces.delete(key);
    this.#bytes -= lengthOf(piece.part);
    if (piece.arriving === undefined) this.#count(0, piece.part.range.to - piece.usedTo);
  }

  /** Those that hold bytes of the part, in order. */
  across({ block, range }: BlockPart): Piece[] {
    if (this.#pieces.size === 0) return [];
    const found: Piece[] = [];
    for (let index = Math.floor(range.from / pieceBytes); index * pieceBytes < range.to; index++) {
      const piece = this.#pieces.get(keyOf(block.name, index));
      if (piece !== undefined && piece.part.range.from < range.to) found.push(piece);
    }
    return found;
  }

  /** The bytes of the part, when all of them are held here. */
  bytesOf(part: BlockPart): Uint8Array | undefined {
    const { from, to } = part.range;
    let at = from;
    const parts: Uint8Array[] = [];
    for (const { part: held, bytes } of this.across(part)) {
      if (bytes === undefined || held.range.from > at) return undefined;
      parts.push(bytes.subarray(at - held.range.from, to - held.range.from));
      at = Math.min(held.range.to, to);
    }
    if (at < to) return undefined;
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** A reader has these bytes now. What was read to its end has done its work. */
  use(part: BlockPart): void {
    for (const piece of this.across(part)) {
      const to = Math.min(part.range.to, piece.part.range.to);
      if (piece.arriving !== undefined || to <= piece.usedTo) continue;
      const skipped = Math.max(part.range.from - piece.usedTo, 0);
      this.#count(to - piece.usedTo - skipped, skipped);
      piece.usedTo = to;
      if (to === piece.part.range.to) this.remove(piece);
    }
  }

  #count(used: number, wasted: number): void {
    this.#usedBytes += used;
    this.#wastedBytes += wasted;
    this.#counts.used.add(used);
    this.#counts.wasted.add(wasted);
  }

  clear(): void {
    for (const piece of this.#pieces.values()) this.remove(piece);
  }
}

function lengthOf({ range }: BlockPart): number {
  return range.to - range.from;
}

function indexOf({ range }: BlockPart): number {
  return Math.floor(range.from / pieceBytes);
}

function keyOf(name: BlockName, index: number): string {
  return `${name}:${index}`;
}
