/**
 * Why: what a file holds apart from its names: the image that running programs see, the image that a power cut leaves
 * for sure, and the operations between the two, of which a power cut keeps, drops or tears any.
 */
import type { Random } from '../../base/random.ts';
import { ByteImage } from './byte-image.ts';

const sectorBytes = 512;

export type FileOperation =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

export type PowerCutOptions = {
  /** Whether a write may survive in part: a prefix, or some of its sectors. True when left out. */
  readonly tear?: boolean;
};

export class FileInode {
  readonly kind = 'file';
  readonly number: number;
  /** Names and open files: it takes space while there is one. */
  users = 0;
  readonly #seen = new ByteImage();
  readonly #durable = new ByteImage();
  #unsynced: FileOperation[] = [];

  constructor(number: number) {
    this.number = number;
  }

  get length(): number {
    return this.#seen.length;
  }

  read(into: Uint8Array, position: number): number {
    return this.#seen.read(into, position);
  }

  /** The bytes of the operation become the inode's own. */
  apply(operation: FileOperation): void {
    applyTo(this.#seen, operation);
    this.#unsynced.push(operation);
  }

  /** What a sync that starts now makes durable when it ends: only what was applied before. */
  startSync(): () => void {
    const covered = new Set(this.#unsynced);
    return () => {
      for (const operation of this.#unsynced) if (covered.has(operation)) applyTo(this.#durable, operation);
      this.#unsynced = this.#unsynced.filter((operation) => !covered.has(operation));
    };
  }

  cutPower(random: Random, { tear = true }: PowerCutOptions): void {
    for (const operation of this.#unsynced) {
      const fate = random.integer(tear ? 3 : 2);
      if (fate === 1) applyTo(this.#durable, operation);
      if (fate === 2 && operation.kind === 'write') tearInto(this.#durable, operation, random);
    }
    this.#unsynced = [];
    this.#seen.copyOf(this.#durable);
  }

  /** Damages what is there, as a bad medium does: synced or not. */
  corrupt(position: number, bytes: Uint8Array): void {
    this.#seen.write(bytes, position);
    this.#durable.write(bytes, position);
  }
}

function applyTo(image: ByteImage, operation: FileOperation): void {
  if (operation.kind === 'write') image.write(operation.bytes, operation.position);
  else image.resize(operation.length);
}

type Write = Extract<FileOperation, { kind: 'write' }>;

/** Half of the time a prefix; else some sectors, and the length, which the file system may keep without the bytes. */
function tearInto(image: ByteImage, write: Write, random: Random): void {
  const end = write.position + write.bytes.byteLength;
  if (random.integer(2) === 0) {
    image.write(write.bytes.subarray(0, random.integer(write.bytes.byteLength)), write.position);
    return;
  }
  image.resize(Math.max(image.length, end));
  for (let from = write.position; from < end; from = sectorEnd(from)) {
    const kept = write.bytes.subarray(from - write.position, sectorEnd(from) - write.position);
    if (random.integer(2) === 0) image.write(kept, from);
  }
}

function sectorEnd(position: number): number {
  return (Math.floor(position / sectorBytes) + 1) * sectorBytes;
}
