/** Why: the bytes of a simulated file grow in place; holes and what was cut read as zeros, as on a real disk. */

export class ByteImage {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies into `into` from `position`; the number of bytes that were there. */
  read(into: Uint8Array, position: number): number {
    const there = this.#bytes.subarray(position, Math.max(position, this.#length)).subarray(0, into.byteLength);
    into.set(there);
    return there.byteLength;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.byteLength === 0) return;
    this.resize(Math.max(this.#length, position + bytes.byteLength));
    this.#bytes.set(bytes, position);
  }

  resize(length: number): void {
    if (length > this.#bytes.byteLength) this.#grow(length);
    else if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  copyOf(other: ByteImage): void {
    this.#bytes = other.#bytes.slice(0, other.#length);
    this.#length = other.#length;
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
