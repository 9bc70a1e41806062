/**
 * Why: binary records are written and read by one pair of cursors; a short or malformed record is an error, never a
 * guess.
 */
import { CopysetError } from './errors.ts';

const firstBytes = 64;

export class ByteWriter {
  #bytes = new Uint8Array(firstBytes);
  #length = 0;

  bytes(value: Uint8Array): this {
    this.#makeRoom(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  byte(value: number): this {
    this.#makeRoom(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
    return this;
  }

  /** LEB128 of a safe integer >= 0. */
  varint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    return this.byte(rest);
  }

  /** A length and the bytes. */
  block(value: Uint8Array): this {
    return this.varint(value.byteLength).bytes(value);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  bytes(length: number): Uint8Array {
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(length: number): void {
    if (length > this.left) throw new CopysetError('format.damaged', 'a record ends too early');
    this.#at += length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new CopysetError('format.damaged', 'a record ends too early');
    this.#at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= Number.MAX_SAFE_INTEGER; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new CopysetError('format.damaged', 'a number in a record is too large');
  }

  block(): Uint8Array {
    return this.bytes(this.varint());
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.bytes(this.left);
  }
}
