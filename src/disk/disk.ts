/**
 * Why: everything durable of ours (volumes, journals) is written through this contract, so that the shipping code runs
 * over a simulated disk that loses power, tears writes and fills up (disk/memory), as over the real one (disk/node).
 *
 * Paths are relative to the disk's root, with `/`, without `.`, `..` or a leading `/`; '' is the root itself.
 *
 * Promises
 * - Atomicity: `rename` replaces its target in one step. A `write` is not atomic: a crash may leave any part of it.
 * - Durability: the bytes of a file survive a power cut once `sync()` of that file resolved after the write. A name
 *   (created, renamed, removed) survives once `syncDirectory()` of its directory resolved. Nothing else does.
 * - A failed sync leaves unknown which bytes are durable; callers must not retry it and carry on.
 * - Order: calls on one file may overlap; the caller awaits what must come before.
 * - Ownership: buffers given to `write` must not change, and those given to `read` not be used, until the promise
 *   settles, also after an abort. An aborted call rejects at once; its work may still happen.
 * - Errors: `disk.full` (ENOSPC, EDQUOT), `disk.not_found`, `disk.exists`, `disk.io` (all else), `volume.locked` from
 *   `lock`, `closed` from a file that was closed. A full disk may have taken a part of a write.
 * - Direct: a file opened with `direct` is read and written past the system's page cache: memory, positions and lengths
 *   are multiples of `directAlignBytes` (direct.ts gives such memory), all else is a mistake of the caller. Everybody
 *   else sees its bytes as those of any file, and a sync means the same. A disk that cannot do it rejects the open or
 *   the first read with `unsupported` or `disk.io`: `canDirect` finds that out.
 * - Loan: what `lend` gives is no copy but the place in the system's page cache: it shows what is written there later.
 * - Concurrency: any number of calls may overlap; `limitDisk` bounds them.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { type FileSpan, pageBytes } from '../base/libc.ts';

export type OpenMode = 'read' | 'write' | 'create' | 'create-new';

/** Of memory, positions and lengths of direct reads and writes. */
export const directAlignBytes = pageBytes;

export type OpenOptions = CallOptions & { readonly direct?: boolean };

export type DiskFile = {
  /** Fills `into` from `position`; resolves with the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number, options?: CallOptions): Promise<number>;
  /** Writes all pieces, one after the other, from `position`. */
  write(pieces: readonly Uint8Array[], position: number, options?: CallOptions): Promise<void>;
  /** fdatasync: the bytes and the length are durable. */
  sync(options?: CallOptions): Promise<void>;
  truncate(bytes: number, options?: CallOptions): Promise<void>;
  size(options?: CallOptions): Promise<number>;
  /**
   * Where the kernel can send these bytes from, when they seem to be in its memory: who sends looks again. The
   * descriptor is good until `close`. Without it, the driver has no such place.
   */
  lend?(position: number, bytes: number): FileSpan | undefined;
  /** Fills `into` from `position` and is true, where the system has all of it in memory; waits for no device. */
  readNow?(into: Uint8Array, position: number): boolean;
  /** Another one after each write to the file, whoever wrote; undefined when that cannot be told at once. */
  change?(): string | undefined;
  /** Settles after all calls on the file have, those that were given up too. */
  close(): Promise<void>;
};

export type DiskEntry = {
  readonly kind: 'file' | 'directory';
  readonly bytes: number;
  /** Device and inode: what a path leads to, comparable for equality. */
  readonly identity: string;
};

export type DiskSpace = { readonly totalBytes: number; readonly freeBytes: number };

/** Held until `release`, or until the process ends: the kernel lets go, no stale lock can remain. */
export type DiskLock = { release(): Promise<void> };

export type Disk = {
  /** For messages: the absolute path of the root, or a made-up one. */
  readonly root: string;
  /** `read`: must exist. `write`: must exist. `create`: made when missing. `create-new`: must not exist. */
  open(path: string, mode: OpenMode, options?: OpenOptions): Promise<DiskFile>;
  /** Undefined when nothing is there. */
  stat(path: string, options?: CallOptions): Promise<DiskEntry | undefined>;
  /** Names in the directory, sorted by bytes. */
  list(path: string, options?: CallOptions): Promise<string[]>;
  /**
   * Makes the directory and its parents below the root (mode 0700); no error when it exists. Not synced. Only ''
   * makes the root itself, so that one which vanished stays away.
   */
  makeDirectory(path: string, options?: CallOptions): Promise<void>;
  rename(from: string, to: string, options?: CallOptions): Promise<void>;
  /** Removes a file or an empty directory; no error when nothing is there. */
  remove(path: string, options?: CallOptions): Promise<void>;
  syncDirectory(path: string, options?: CallOptions): Promise<void>;
  space(options?: CallOptions): Promise<DiskSpace>;
  /**
   * An exclusive lock on a file of this name, across processes and within one; `volume.locked` at once when it is held.
   * Open that file in no other way: closing it would let go of the lock.
   */
  lock(path: string): Promise<DiskLock>;
};
