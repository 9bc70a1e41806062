/**
 * Why: what is written directly is whole pages of memory to whole blocks of the device. Bytes that lie in their page as
 * they will lie in the segment are written from where they are; all others are copied into memory that does.
 */
import { present } from '../../base/assert.ts';
import { alignUp } from '../../base/bytes.ts';
import { placeInPage } from '../../base/page-memory.ts';
import { directAlignBytes } from '../../disk/disk.ts';

/** Less is copied: that costs less than to look where it lies. */
const leastUncopiedBytes = 32 * 1024;

/** Pieces one behind the other, each of whole blocks of the device. */
export type DirectWrite = { readonly pieces: readonly Uint8Array[]; readonly position: number };

/** How far a group has come to the file. */
export class DirectGroup {
  readonly #pieces: Uint8Array[];
  /** What is left of the first piece that is left. */
  #rest: Uint8Array | undefined;
  /** Of it, in the file. */
  #position: number;

  /** `position`: a multiple of the blocks of the device. */
  constructor(pieces: readonly Uint8Array[], position: number) {
    this.#pieces = pieces.filter(({ byteLength }) => byteLength > 0).reverse();
    this.#rest = this.#pieces.pop();
    this.#position = position;
  }

  stop(): void {
    this.#rest = undefined;
  }

  /** As many of the next bytes as the span has; it takes those that are copied. Undefined at the end. */
  next(span: Uint8Array): DirectWrite | undefined {
    const position = this.#position;
    const pieces: Uint8Array[] = [];
    let [bytes, copiedBytes] = [0, 0];
    while (bytes < span.byteLength && this.#rest !== undefined) {
      const room = span.byteLength - bytes;
      const uncopied = this.#takeUncopied(room);
      const piece = uncopied ?? this.#copyInto(span.subarray(copiedBytes, copiedBytes + room));
      if (uncopied === undefined) copiedBytes += piece.byteLength;
      bytes += piece.byteLength;
      pieces.push(piece);
    }
    return pieces.length === 0 ? undefined : { pieces, position };
  }

  #takeUncopied(room: number): Uint8Array | undefined {
    if (this.#rest === undefined || !this.#fits(this.#rest) || this.#position % directAlignBytes !== 0)
      return undefined;
    const bytes = Math.min(this.#rest.byteLength, room);
    return this.#take(bytes - (bytes % directAlignBytes));
  }

  /** Up to a block from where on bytes need not be copied, or to the end, with zeros behind it. */
  #copyInto(span: Uint8Array): Uint8Array {
    let filled = 0;
    while (filled < span.byteLength && this.#rest !== undefined) {
      const toBlock = alignUp(filled, directAlignBytes) - filled;
      const wanted = this.#fits(this.#rest) ? toBlock : this.#rest.byteLength;
      if (wanted === 0) break;
      const part = this.#take(Math.min(wanted, span.byteLength - filled));
      span.set(part, filled);
      filled += part.byteLength;
    }
    const whole = alignUp(filled, directAlignBytes);
    span.fill(0, filled, whole); // an older frame that was left here would pass for one of this group
    return span.subarray(0, whole);
  }

  #fits(piece: Uint8Array): boolean {
    return piece.byteLength >= leastUncopiedBytes && placeInPage(piece) === this.#position % directAlignBytes;
  }

  #take(bytes: number): Uint8Array {
    const rest = present(this.#rest, 'what is left of a group');
    this.#rest = bytes < rest.byteLength ? rest.subarray(bytes) : this.#pieces.pop();
    this.#position += bytes;
    return rest.subarray(0, bytes);
  }
}
