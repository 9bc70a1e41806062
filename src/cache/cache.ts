/**
 * Why: tiers in front of the volumes. Blocks are immutable and named by their content, so an entry can never be stale;
 * a tier may lose anything at any time and is never the only copy.
 *
 * Promises
 * - `get` gives exactly the bytes that were put under the name, or undefined. A tier that can be damaged (disk,
 *   network) checks the bytes against a checksum of its own and drops what fails; it never hands out what it did not
 *   verify.
 * - `atHand` gives what `get` would, without anybody waiting, where the tier can; else undefined, which tells nothing
 *   and counts as nothing. It throws what `get` rejects with.
 * - `put` may keep or refuse the entry, as its policy decides; it never fails for lack of room. The policy is scan
 *   resistant: one pass over more data than fits does not flush what is used again and again (SIEVE, NSDI 2024).
 * - Bounds: entries never take more than `capacityBytes`, their overhead included.
 * - Errors: `closed`; a tier that cannot be reached answers undefined and counts it, it does not fail a read.
 * - Ownership: bytes passed to `put` must not change afterwards; bytes handed out must not be changed.
 * - Not durable; what survives a restart is a bonus.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { BlockName } from '../base/block-name.ts';

export type CacheUsage = {
  readonly entries: number;
  readonly usedBytes: number;
  readonly capacityBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Calls that the tier's device or network failed, and entries dropped because their checksum did. */
  readonly failures: number;
};

export type Cache = {
  get(name: BlockName, options?: CallOptions): Promise<Uint8Array | undefined>;
  atHand(name: BlockName): Uint8Array | undefined;
  put(name: BlockName, bytes: Uint8Array, options?: CallOptions): Promise<void>;
  delete(name: BlockName, options?: CallOptions): Promise<void>;
  usage(): CacheUsage;
  close(): Promise<void>;
};
