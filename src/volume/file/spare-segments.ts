/**
 * Why: to write over what was written before costs a device and its file system less than half of writing to new space:
 * nothing is allocated, and a sync is of bytes alone. So the file of a segment that nobody needs stays, to become a
 * later segment, as long as the device has plenty of room. What lies in it means nothing: its frames know the number of
 * the segment that it was, and every later one has a higher number.
 */
import type { Disk } from '../../disk/disk.ts';

export type Spare = { readonly path: string; readonly bytes: number };

export type SpareLimits = {
  readonly maxSpareSegments: number;
  /** Of the bytes that are needed: space that was freed goes back to the device for the most part. */
  readonly maxSpareShare: number;
  /** Where the device has less than this free, none is kept. */
  readonly spareRoomBytes: number;
};

export type SpareSegmentsOptions = {
  readonly disk: Disk;
  /**
   * Segments are written past the page cache. Else what is written over would change under a reader whose bytes are on
   * their way to a socket.
   */
  readonly isDirect: boolean;
  readonly limits: SpareLimits;
  /** Left by an earlier process. */
  readonly found: readonly Spare[];
};

export class SpareSegments {
  readonly #options: SpareSegmentsOptions;
  readonly #all: Set<Spare>;
  /** Those that nobody reads. */
  readonly #ready: Spare[];
  #isRoomy = false;

  constructor(options: SpareSegmentsOptions) {
    this.#options = options;
    this.#all = new Set(options.found);
    this.#ready = [...options.found];
  }

  /** Of the device, for later segments. */
  get bytes(): number {
    return this.#all.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether one more is to be kept where so much is needed. */
  keeps(bytes: number, neededBytes: number): boolean {
    const { isDirect, limits } = this.#options;
    const fits = this.#all.size < limits.maxSpareSegments && this.bytes + bytes <= neededBytes * limits.maxSpareShare;
    return isDirect && this.#isRoomy && fits;
  }

  /** A file that nobody needs, to be used when `unread` resolves. */
  add(spare: Spare, unread: Promise<void>): void {
    this.#all.add(spare);
    void unread.then(() => this.#ready.push(spare));
  }

  /** One that is the caller's now. */
  take(): Spare | undefined {
    const spare = this.#ready.pop();
    if (spare !== undefined) this.#all.delete(spare);
    return spare;
  }

  /** Removes all when so little is free; true when that made room. */
  async fit(freeBytes: number): Promise<boolean> {
    const { isDirect, limits } = this.#options;
    this.#isRoomy = freeBytes >= limits.spareRoomBytes;
    if ((isDirect && this.#isRoomy) || this.#ready.length === 0) return false;
    await this.trim(0);
    return true;
  }

  /** Removes what is too much where so little is needed. */
  async trim(neededBytes: number): Promise<void> {
    const { disk, limits } = this.#options;
    while (this.bytes > neededBytes * limits.maxSpareShare) {
      const spare = this.take();
      if (spare === undefined) return;
      await disk.remove(spare.path);
    }
  }
}
