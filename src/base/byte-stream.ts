/**
 * Why: binary records are written and read by one pair of cursors; a short or malformed record is an error, never a
 * guess.
 */
import { asBuffer, concatBytes } from './bytes.ts';
import { CopysetError } from './errors.ts';

export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  bytes(value: Uint8Array): this {
    this.#parts.push(value);
    return this;
  }

  byte(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  /** LEB128 of a safe integer >= 0. */
  varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
    return this.bytes(Uint8Array.from(bytes));
  }

  /** A length and the bytes. */
  block(value: Uint8Array): this {
    return this.varint(value.byteLength).bytes(value);
  }

  finish(): Uint8Array {
    return concatBytes(...this.#parts);
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
    if (length > this.left) throw new CopysetError('format.damaged', 'a record ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  byte(): number {
    return asBuffer(this.bytes(1)).readUInt8(0);
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
