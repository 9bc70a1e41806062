/**
 * Why: fresh memory for each read of megabytes costs more than the read: pages to be zeroed, garbage to be collected.
 * What a reader gives back is read into again. Giving back is a favour: what is not given back is garbage.
 */
import { alignUp } from './bytes.ts';
import { freeMemory } from './free-memory.ts';

/** Smaller reads are not worth it. */
const leastBytes = 64 * 1024;

export class ReadMemory {
  readonly #maxFreeBytes: number;
  /** Those of one size, all multiples of `leastBytes`. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  /** Given out, not back yet. */
  readonly #lent = new WeakSet<ArrayBuffer>();
  #freeBytes = 0;
  /** Since the last trim. */
  #leastFreeBytes = 0;

  constructor({ maxFreeBytes }: { readonly maxFreeBytes: number }) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** So many bytes, not zeroed. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes < leastBytes) return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    const size = alignUp(bytes, leastBytes);
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) this.#freeBytes -= size;
    this.#leastFreeBytes = Math.min(this.#leastFreeBytes, this.#freeBytes);
    const memory = known ?? Buffer.allocUnsafeSlow(size).buffer;
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, bytes);
  }

  /**
   * Any view of what was taken, by its only owner: it is read into again. Nothing happens to memory that was not taken
   * here, or was given back before.
   */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    const size = buffer.byteLength;
    if (this.#freeBytes + size > this.#maxFreeBytes) freeMemory(buffer);
    else this.#keep(buffer);
  }

  /** Called now and then: gives back what was free all the time since the last call. */
  trim(): void {
    for (const buffers of this.#free.values()) {
      while (this.#leastFreeBytes > 0 && buffers.length > 0) {
        const buffer = buffers.pop() as ArrayBuffer;
        this.#freeBytes -= buffer.byteLength;
        this.#leastFreeBytes -= buffer.byteLength;
        freeMemory(buffer);
      }
    }
    this.#leastFreeBytes = this.#freeBytes;
  }

  #keep(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    this.#freeBytes += size;
    const others = this.#free.get(size);
    if (others === undefined) this.#free.set(size, [buffer]);
    else others.push(buffer);
  }
}
