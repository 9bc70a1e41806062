/**
 * Why: on a full disk even a delete takes room, in SQLite's write-ahead log first of all. A file of zeros beside the
 * database is that room: it is given back when the disk is full, and made again when there is twice as much.
 */
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { onDisk } from './errors.ts';

export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  #isHeld: boolean;

  /** `bytes` 0: there is none, and none is missed. */
  constructor(databasePath: string, bytes: number) {
    this.#path = `${databasePath}-reserve`;
    this.#bytes = bytes;
    this.#isHeld = (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= bytes;
  }

  get isMissing(): boolean {
    return !this.#isHeld;
  }

  /** Gives the room back; false when there was none to give. */
  give(): boolean {
    if (this.#bytes === 0 || !this.#isHeld) return false;
    this.#isHeld = false;
    onDisk(this.#path, () => rmSync(this.#path, { force: true }));
    return true;
  }

  /** Takes the room, where there is as much again beside it. */
  take(): void {
    if (this.#isHeld || !this.#hasRoom()) return;
    onDisk(this.#path, () => fill(this.#path, this.#bytes));
    this.#isHeld = true;
  }

  #hasRoom(): boolean {
    const { bavail, bsize } = onDisk(this.#path, () => statfsSync(dirname(this.#path)));
    return bavail * bsize >= 2 * this.#bytes;
  }
}

/** Somebody else may take the room meanwhile: then nothing of it is kept. */
function fill(path: string, bytes: number): void {
  const zeros = new Uint8Array(Math.min(bytes, 1024 * 1024));
  const file = openSync(path, 'w', 0o600);
  try {
    for (let left = bytes; left > 0; left -= zeros.byteLength)
      writeSync(file, zeros, 0, Math.min(left, zeros.byteLength));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
