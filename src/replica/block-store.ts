/**
 * Why: what the object layer needs of replication, in one contract: blocks go in by content and come out verified;
 * where the copies lie is nobody's business above this line.
 *
 * Promises
 * - `write` resolves when W copies in W failure domains are durable, counting only volumes that confirmed in this call.
 *   `found` tells that a volume had the block before: the caller must hold a claim before it relies on that.
 * - `read` gives verified bytes or rejects, `readNow` gives verified bytes or none; a bad copy met on the way is
 *   recorded as debt and another one used.
 * - Errors: `write.not_durable`, `read_only`, `disk.full`, `block.unavailable`.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { ClassId } from '../base/block-address.ts';
import type { BlockName } from '../base/block-name.ts';
import type { VolumeId } from '../base/ids.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import type { PlacementGuard } from '../catalog/versions.ts';
import type { Copyset } from '../layout/layout.ts';
import type { SealedBlock } from '../volume/stored-form.ts';
import type { Loan } from '../volume/volume.ts';

export type WrittenBlock = {
  readonly ref: BlockRef;
  readonly classId: number;
  readonly found: boolean;
  /** Members of the copyset that do not have it yet; fewer as stragglers finish. */
  readonly missing: () => readonly VolumeId[];
  readonly copyset: Copyset;
  /** Whether the bytes are free, as soon as that can be told: a write that was given up may use them for ever. */
  readonly areFree: Promise<boolean>;
};

export type BlockLocation = { readonly name: BlockName; readonly classId: number };

/** Named and checksummed once, for any number of writes. */
export type NamedBlock = SealedBlock;

export type BlockStore = {
  seal(pieces: readonly Uint8Array[], classId: ClassId): NamedBlock;
  write(block: NamedBlock, options: CallOptions & { readonly quorum: number }): Promise<WrittenBlock>;
  /** The whole block, or a part of it. */
  read(block: BlockLocation, options?: CallOptions & { readonly range?: ByteRange }): Promise<Uint8Array>;
  /**
   * The range where the kernel can send it from at once, when it was verified within a stated time and has stayed in
   * memory since; undefined when it is to be read.
   */
  lend(block: BlockLocation, range: ByteRange): Loan | undefined;
  /**
   * The range, verified, where the kernel has all that it takes in its memory now; undefined when it is to be read.
   * Of some hundred KiB at most, as everybody waits for it.
   */
  readNow(block: BlockLocation, range: ByteRange): Uint8Array | undefined;
  /**
   * As `write` for a block whose bytes are not at hand: copies from any holder until W members of today's copyset have
   * it.
   */
  confirm(
    block: BlockRef,
    options: CallOptions & { readonly classId: number; readonly quorum: number; readonly alsoOn?: Copyset },
  ): Promise<WrittenBlock>;
  /** What a commit that relies on today's placement must expect. */
  guard(classId: number, options?: CallOptions): Promise<PlacementGuard>;
  /** True when the block's copyset is still the one it was written to. */
  isPlaced(block: WrittenBlock): boolean;
  /** Deletes every copy that can be reached. Only for the collector, which fenced it. */
  purge(block: BlockLocation, options?: CallOptions): Promise<void>;
};

/** Bytes [from, to) of a block that has `of` bytes, as its reference says. */
export type ByteRange = { readonly from: number; readonly to: number; readonly of: number };
