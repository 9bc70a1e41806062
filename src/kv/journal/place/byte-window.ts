/** Why: log files are read in order, a small piece at a time; this asks the disk for large ones. */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { ReadableFile } from './journal-place.ts';

const windowBytes = 1024 * 1024;

export class ByteWindow {
  readonly fileBytes: number;
  readonly #file: ReadableFile;
  readonly #options: CallOptions;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(file: ReadableFile, fileBytes: number, options: CallOptions = {}) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#options = options;
  }

  /** The bytes from `position`, fewer only at the end of the file. They stay valid. */
  async at(position: number, bytes: number): Promise<Uint8Array> {
    const end = Math.min(position + bytes, this.fileBytes);
    if (position >= end) return new Uint8Array(0);
    if (position < this.#start || end > this.#start + this.#bytes.byteLength) await this.#fill(position, end);
    return this.#bytes.subarray(position - this.#start, end - this.#start);
  }

  async #fill(position: number, end: number): Promise<void> {
    const into = new Uint8Array(Math.min(Math.max(end - position, windowBytes), this.fileBytes - position));
    const filled = await this.#file.read(into, position, this.#options);
    this.#bytes = into.subarray(0, filled);
    this.#start = position;
  }
}
