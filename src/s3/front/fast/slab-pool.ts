/**
 * Why: large bodies are read straight into memory that is used again and again. What was read is handed out as views; a
 * slab is free again when all of its views were released and nothing is read into it any more.
 */
import { assert } from '../../../base/assert.ts';
import { freeMemory } from '../../../base/free-memory.ts';
import { pageMemory } from '../../../base/page-memory.ts';
import type { Slab } from '../../../object/store.ts';

export type SlabPoolOptions = {
  readonly slabBytes: number;
  /** Of free slabs that are kept. */
  readonly maxFreeBytes: number;
  /** Whether other threads may be handed what was read. */
  readonly isShared?: boolean;
};

export class SlabPool {
  readonly #slabBytes: number;
  readonly #maxFree: number;
  readonly #isShared: boolean;
  readonly #free: Uint8Array[] = [];
  /** Slabs, since the last trim. */
  #leastFree = 0;

  /** What is handed out is bounded by who holds it. */
  constructor({ slabBytes, maxFreeBytes, isShared = false }: SlabPoolOptions) {
    this.#isShared = isShared;
    this.#slabBytes = slabBytes;
    this.#maxFree = Math.floor(maxFreeBytes / slabBytes);
  }

  get freeBytes(): number {
    return this.#free.length * this.#slabBytes;
  }

  /** `leadBytes`: left free at its beginning, which is that of a page where that can be told. */
  take(leadBytes = 0): FillingSlab {
    assert(0 <= leadBytes && leadBytes < this.#slabBytes, 'a lead lies within the slab');
    const memory = this.#free.pop() ?? this.#make();
    this.#leastFree = Math.min(this.#leastFree, this.#free.length);
    const giveBack = () => {
      if (this.#free.length < this.#maxFree) this.#free.push(memory);
      else freeMemory(memory.buffer);
    };
    return new FillingSlab(memory, { leadBytes, giveBack });
  }

  /** Called now and then: gives back what was free all the time since the last call. */
  trim(): void {
    for (const memory of this.#free.splice(0, this.#leastFree)) freeMemory(memory.buffer);
    this.#leastFree = this.#free.length;
  }

  #make(): Uint8Array {
    const bytes = this.#slabBytes;
    return this.#isShared ? new Uint8Array(new SharedArrayBuffer(bytes)) : pageMemory(bytes);
  }
}

/** A slab that a connection reads into, until it drops it. */
export class FillingSlab {
  readonly #memory: Uint8Array;
  readonly #giveBack: () => void;
  /** What was left free included. */
  #filledBytes: number;
  #holders = 1;

  constructor(memory: Uint8Array, { leadBytes, giveBack }: { leadBytes: number; giveBack: () => void }) {
    this.#memory = memory;
    this.#filledBytes = leadBytes;
    this.#giveBack = giveBack;
  }

  get isFull(): boolean {
    return this.#filledBytes === this.#memory.byteLength;
  }

  /** Where the next read may go. */
  get room(): Uint8Array {
    return this.#memory.subarray(this.#filledBytes);
  }

  /** Takes note of bytes that were read into `room`; returns them. */
  fill(bytes: number): Uint8Array {
    const from = this.#filledBytes;
    this.#filledBytes += bytes;
    return this.#memory.subarray(from, this.#filledBytes);
  }

  /** Filled bytes with an owner of their own. */
  view(bytes: Uint8Array): Slab {
    this.#holders += 1;
    let isReleased = false;
    const release = () => {
      assert(!isReleased, 'a slab is released once');
      isReleased = true;
      this.drop();
    };
    return { bytes, release };
  }

  /** Nothing more is read into it. */
  drop(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#giveBack();
  }
}
