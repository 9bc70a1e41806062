/** Why: an open file of the real disk: short reads and writes are carried on, errors mapped, a late call refused. */
import type { FileHandle } from 'node:fs/promises';
import type { CallOptions } from '../../base/async/abort.ts';
import { slicePieces, totalBytes } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { type FileSpan, libc } from '../../base/libc.ts';
import { abandonable } from '../abandon.ts';
import { assertDirect } from '../direct.ts';
import { type DiskFile, directAlignBytes } from '../disk.ts';
import { mapErrors } from './errors.ts';

/** Where a file is in memory at its start, it most likely is as a whole; who sends it looks again. */
const probeBytes = 64 * 1024;

export class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #direct: boolean;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, path: string, { direct }: { readonly direct: boolean }) {
    this.#handle = handle;
    this.#path = path;
    this.#direct = direct;
  }

  read(into: Uint8Array, position: number, options?: CallOptions): Promise<number> {
    return this.#call('read', () => this.#readFully(into, position), options);
  }

  write(pieces: readonly Uint8Array[], position: number, options?: CallOptions): Promise<void> {
    return this.#call('write', () => this.#writeFully(pieces, position), options);
  }

  sync(options?: CallOptions): Promise<void> {
    return this.#call('sync', () => this.#handle.datasync(), options);
  }

  truncate(bytes: number, options?: CallOptions): Promise<void> {
    return this.#call('truncate', () => this.#handle.truncate(bytes), options);
  }

  size(options?: CallOptions): Promise<number> {
    return this.#call('size', async () => (await this.#handle.stat()).size, options);
  }

  lend(position: number, bytes: number): FileSpan | undefined {
    const span = { fd: this.#handle.fd, position, bytes };
    const start = { ...span, bytes: Math.min(bytes, probeBytes) };
    return this.#closing === undefined && libc?.isResident(start) ? span : undefined;
  }

  /** Looks for the pages first: a read that finds none begins to fetch them, and some more, in small pieces. */
  readNow(into: Uint8Array, position: number): boolean {
    const span = { fd: this.#handle.fd, position, bytes: into.byteLength };
    if (this.#closing !== undefined || !libc?.isResident(span)) return false;
    return libc.readNow(span.fd, position, into) === span.bytes;
  }

  change(): string | undefined {
    return this.#closing === undefined ? libc?.changeOf(this.#handle.fd) : undefined;
  }

  /** Node closes a handle only when what runs on it has settled, so abandoned work never meets a reused descriptor. */
  close(): Promise<void> {
    this.#closing ??= mapErrors(`close ${this.#path}`, this.#handle.close());
    return this.#closing;
  }

  #call<T>(operation: string, work: () => Promise<T>, options?: CallOptions): Promise<T> {
    return abandonable(async () => {
      if (this.#closing !== undefined) throw new CopysetError('closed', `${operation} ${this.#path}: it is closed`);
      return mapErrors(`${operation} ${this.#path}`, work());
    }, options);
  }

  /** A direct read that ends within a block is at the end of the file, and none can go on from there. */
  async #readFully(into: Uint8Array, position: number): Promise<number> {
    if (this.#direct) assertDirect([into], position);
    let done = 0;
    while (done < into.byteLength) {
      const { bytesRead } = await this.#handle.read(into, done, into.byteLength - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
      if (this.#direct && bytesRead % directAlignBytes !== 0) break;
    }
    return done;
  }

  async #writeFully(pieces: readonly Uint8Array[], position: number): Promise<void> {
    if (this.#direct) assertDirect(pieces, position);
    const total = totalBytes(pieces);
    let done = 0;
    while (done < total) {
      const { bytesWritten } = await this.#handle.writev(slicePieces(pieces, done, total), position + done);
      if (bytesWritten === 0) throw new CopysetError('disk.io', `write ${this.#path}: the device takes no bytes`);
      done += bytesWritten;
    }
  }
}
