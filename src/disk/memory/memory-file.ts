/** Why: an open file of the simulated disk. What it may do ends when it is closed or when its process dies. */
import type { CallOptions } from '../../base/async/abort.ts';
import { concatBytes, totalBytes } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { assertDirect } from '../direct.ts';
import type { DiskFile } from '../disk.ts';
import type { FileInode, FileOperation } from './file-inode.ts';

/** What the file needs of its disk. */
export type FileHost = {
  /** Starts `start` now and finishes it a moment later, unless the process died in between. */
  run<T>(start: () => () => T, options?: CallOptions): Promise<T>;
  /** Never below zero. */
  freeBytes(): number;
  /** Accounts for a change of the length of a file. */
  grew(bytes: number): void;
  release(inode: FileInode): void;
};

export type MemoryFileOpen = { readonly path: string; readonly writable: boolean; readonly direct: boolean };

export class MemoryFile implements DiskFile {
  readonly #host: FileHost;
  readonly #inode: FileInode;
  readonly #path: string;
  readonly #writable: boolean;
  readonly #direct: boolean;
  #closed = false;

  constructor(host: FileHost, inode: FileInode, open: MemoryFileOpen) {
    this.#host = host;
    this.#inode = inode;
    this.#path = open.path;
    this.#writable = open.writable;
    this.#direct = open.direct;
  }

  read(into: Uint8Array, position: number, options?: CallOptions): Promise<number> {
    return this.#call(() => () => this.#read(into, position), options);
  }

  write(pieces: readonly Uint8Array[], position: number, options?: CallOptions): Promise<void> {
    return this.#call(() => () => this.#write(pieces, position), options);
  }

  sync(options?: CallOptions): Promise<void> {
    return this.#call(() => this.#inode.startSync(), options);
  }

  truncate(bytes: number, options?: CallOptions): Promise<void> {
    return this.#call(() => () => this.#truncate(bytes), options);
  }

  size(options?: CallOptions): Promise<number> {
    return this.#call(() => () => this.#inode.length, options);
  }

  /** Ends a moment later, after what was admitted. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.resolve();
    this.#host.release(this.#inode);
  }

  async #call<T>(start: () => () => T, options?: CallOptions): Promise<T> {
    return this.#host.run(() => {
      if (this.#closed) throw new CopysetError('closed', `${this.#path}: it is closed`);
      return start();
    }, options);
  }

  #read(into: Uint8Array, position: number): number {
    if (this.#direct) assertDirect([into], position);
    return this.#inode.read(into, position);
  }

  #write(pieces: readonly Uint8Array[], position: number): void {
    this.#assertWritable();
    if (this.#direct) assertDirect(pieces, position);
    const wanted = totalBytes(pieces);
    const bytes = concatBytes(...pieces).subarray(0, Math.max(this.#mostBytes() - position, 0));
    if (bytes.byteLength > 0) this.#apply({ kind: 'write', position, bytes });
    if (bytes.byteLength < wanted) throw this.#full();
  }

  #truncate(length: number): void {
    this.#assertWritable();
    if (length > this.#mostBytes()) throw this.#full();
    this.#apply({ kind: 'truncate', length });
  }

  #apply(operation: FileOperation): void {
    const before = this.#inode.length;
    this.#inode.apply(operation);
    this.#host.grew(this.#inode.length - before);
  }

  /** The length to which the file can grow. */
  #mostBytes(): number {
    return this.#inode.length + this.#host.freeBytes();
  }

  #full(): CopysetError {
    return new CopysetError('disk.full', `${this.#path}: no space left`);
  }

  #assertWritable(): void {
    if (!this.#writable) throw new CopysetError('disk.io', `${this.#path}: opened to read only`);
  }
}
