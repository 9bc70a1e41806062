/**
 * Why: binary records are written and read by one pair of cursors; a short or malformed record is an error, never a
 * guess.
 */
import { CopysetError } from './errors.ts';

const firstBytes = 256;
/** Of UTF-8, for one unit of UTF-16. */
const mostBytesOfUnit = 3;

/** Writes into memory that is shared with other small buffers, as records are short and many. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes);
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

  double(value: number): this {
    this.#makeRoom(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    return this;
  }

  /** In UTF-8. */
  text(value: string): this {
    this.#makeRoom(mostBytesOfUnit * value.length);
    this.#length += this.#bytes.write(value, this.#length);
    return this;
  }

  /** The bytes that the hex digits stand for. */
  hex(digits: string): this {
    this.#makeRoom(digits.length / 2);
    this.#length += this.#bytes.write(digits, this.#length, 'hex');
    return this;
  }

  /** A length and the bytes. */
  block(value: Uint8Array): this {
    return this.varint(value.byteLength).bytes(value);
  }

  /** The same of what `write` writes. */
  within(write: (writer: ByteWriter) => void): this {
    const lengthAt = this.#length;
    this.byte(0); // enough for most
    const start = this.#length;
    write(this);
    const bytes = this.#length - start;
    if (bytes < 0x80) this.#bytes[lengthAt] = bytes;
    else this.#insertLength(lengthAt, bytes);
    return this;
  }

  /** What was written; more may be written behind it, and nothing of it changes. */
  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#length);
  }

  #insertLength(at: number, bytes: number): void {
    const end = this.#length;
    this.varint(bytes); // at the end, to know how long it is
    const length = Buffer.from(this.#bytes.subarray(end, this.#length));
    this.#bytes.copyWithin(at + length.byteLength, at + 1, end);
    this.#bytes.set(length, at);
    this.#length = end + length.byteLength - 1;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.byteLength));
    larger.set(this.#bytes.subarray(0, this.#length));
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
