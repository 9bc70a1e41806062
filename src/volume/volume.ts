/**
 * Why: a place that holds blocks. The contract is small enough for a directory, HDFS or any S3: immutable blocks in
 * their stored form (stored-form.ts), put once, read by range, listed in address order. A volume is a dumb holder of
 * bytes: who reads verifies (read-block.ts), who deletes has fenced the delete in the catalog first.
 *
 * Promises
 * - Durability: `put` resolves `stored` when the block, and the way to find it, survives a power cut. `present` means
 *   it was already there and durable before this call resolved; it joins a put of the same address that is under way.
 * - Atomicity: after any crash a block is there whole or not at all; bytes damaged later are found by whoever verifies.
 * - `put` with `replace` writes anew even when the address is present (repair of a damaged copy).
 * - `delete` is idempotent. One lost in a crash may bring the block back: it is garbage again, never wrong.
 * - Order: `list` ascends by address and shows what was durable when it was called; what is put or deleted meanwhile
 *   may or may not show.
 * - Ownership: the pieces of a block must not change until `put` settles, and never after an abort, which leaves the
 *   write itself under way. Bytes handed out are the caller's.
 * - Errors: `disk.full` (reads and deletes go on), `disk.io`, `block.missing`, `block.damaged` (from a read, where the
 *   driver itself knows that the copy would not be found again), `volume.gone` (the path leads elsewhere
 *   or nowhere), `volume.retired` (a sync failed: no further put until it is emptied, and no promise that what it lists
 *   is durable), `closed`.
 * - Bounds: a bounded number of calls work at a time, a bounded number wait in order, the rest hear `busy`; a hung
 *   volume holds its own callers only, and every call gives up at once on its signal.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import type { VolumeId } from '../base/ids.ts';
import type { FileSpan } from '../base/libc.ts';
import type { SealedBlock } from './stored-form.ts';

/** Differences between drivers, declared as data. */
export type VolumeCapabilities = {
  /** Blocks survive the process. */
  readonly durable: boolean;
  /** Blocks survive a power cut, provable by syncs. */
  readonly powerSafe: boolean;
};

export type BlockStat = {
  readonly address: BlockAddress;
  /** Bytes of the stored form. */
  readonly storedBytes: number;
  /** Wall clock of the put, as the volume saw it. */
  readonly writtenAtMs: number;
};

export type VolumeUsage = {
  readonly blocks: number;
  /** Stored forms of blocks that are present. */
  readonly liveBytes: number;
  /** All that the volume occupies, garbage included. */
  readonly usedBytes: number;
  /** What the device still takes, the reserve for deletes already subtracted. */
  readonly freeBytes: number;
};

/** Bytes [from, to) of the stored form. */
export type StoredRange = { readonly from: number; readonly to: number };

/** Addresses after `after` (exclusive), of one partition if given. */
export type ListQuery = {
  readonly after?: BlockAddress | undefined;
  readonly partition?: number;
  readonly limit: number;
};

/** Bytes of a stored form in a file that stays open, with these bytes in it, until `release`, which comes once. */
export type Loan = { readonly span: FileSpan; release(): void };

/**
 * Where a copy lies, and in which state the file around it is: another one when the copy was moved or written anew, and
 * when anybody wrote to that file. Of one volume, and of one process.
 */
export type BlockPlace = string;

export type PutOptions = CallOptions & { readonly replace?: boolean };

export type Volume = {
  readonly id: VolumeId;
  readonly capabilities: VolumeCapabilities;
  /** How many it holds, as this process knows; also while its device hangs or is gone. */
  readonly blocks: number;
  put(block: SealedBlock, options?: PutOptions): Promise<'stored' | 'present'>;
  /** The stored form or a range of it, cut at its end, unverified; `block.missing` when the address is not here. */
  read(address: BlockAddress, range?: StoredRange, options?: CallOptions): Promise<Uint8Array>;
  /** Undefined when the address is not here, or its place cannot be told at once. */
  placeOf?(address: BlockAddress): BlockPlace | undefined;
  /**
   * The range where the kernel can send it from, unverified; undefined when it seems to be out of its memory.
   * A driver whose blocks lie in no files has neither this nor `placeOf`.
   */
  lend?(address: BlockAddress, range: StoredRange): Loan | undefined;
  /**
   * Fills `into` with the stored form from `from` on, unverified, and is true, where all of it is here and in the
   * kernel's memory. Waits for nothing; a driver whose blocks lie in no files has it not.
   */
  readNow?(address: BlockAddress, from: number, into: Uint8Array): boolean;
  /** Undefined when the address is not here. */
  stat(address: BlockAddress, options?: CallOptions): Promise<BlockStat | undefined>;
  /** True when it was there. */
  delete(address: BlockAddress, options?: CallOptions): Promise<boolean>;
  list(query: ListQuery, options?: CallOptions): Promise<readonly BlockStat[]>;
  usage(options?: CallOptions): Promise<VolumeUsage>;
  /** Resolves when the volume still is what it was opened as; rejects `volume.gone`, `volume.retired`. Cheap. */
  check(options?: CallOptions): Promise<void>;
  /** Finishes what was admitted (drain), then lets go of files and lock. */
  close(options?: CallOptions): Promise<void>;
};
