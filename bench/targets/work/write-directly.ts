/**
 * Why: what the disk gives at most: writes past the page cache into places that were written before, so many at once,
 * with one fdatasync for all that were written before it began.
 */
import type { FileHandle } from 'node:fs/promises';
import { systemRandom } from '../../../src/base/random.ts';
import { alignedMemory } from '../../../src/disk/direct.ts';
import { fillFile, openDirect } from './fill-file.ts';
import { blockBytes, type Done, type WorkJob } from './job.ts';

type Writes = Extract<WorkJob, { readonly what: 'write' }>;

/** Large enough that a device does not hold it in its cache, small enough to be written beforehand. */
const fileBytes = 2 ** 29;

export async function probeDirect(path: string): Promise<void> {
  await using file = await openDirect(path);
  await file.write(alignedMemory(4096), 0, 4096, 0);
}

export async function writeDirectly({ path, bytes, depth, milliseconds }: Writes): Promise<Done> {
  await using file = await openDirect(path);
  await fillFile(file, fileBytes); // once: it stays between the cells
  const pieceBytes = Math.min(bytes, blockBytes);
  const syncs = new SharedSync(file);
  const places = turns(Math.floor(fileBytes / pieceBytes));
  const tookMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const writer = async () => {
    const memory = alignedMemory(pieceBytes).subarray(0, pieceBytes);
    memory.set(systemRandom.bytes(pieceBytes));
    while (performance.now() < startedMs + milliseconds) {
      const sinceMs = performance.now();
      await file.write(memory, 0, pieceBytes, places.next().value * pieceBytes);
      await syncs.after();
      tookMs.push(performance.now() - sinceMs);
    }
  };
  await Promise.all(Array.from({ length: depth }, writer));
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedMs) / 1000;
  return { bytes: tookMs.length * pieceBytes, seconds, cpuSeconds: (user + system) / 1e6, tookMs };
}

function* turns(count: number): Generator<number, never> {
  for (let at = 0; ; at = (at + 1) % count) yield at;
}

/** One fdatasync serves all who ask before it begins. */
class SharedSync {
  readonly #file: FileHandle;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Resolves when a sync that began after this call is done. */
  after(): Promise<void> {
    this.#next ??= this.#underWay.then(() => {
      this.#next = undefined;
      this.#underWay = this.#file.datasync();
      return this.#underWay;
    });
    return this.#next;
  }
}
