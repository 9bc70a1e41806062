/**
 * Why: the block store of one site: names lead to copysets by the layout, copies are written and read by the shells
 * beside.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { partitionOf } from '../base/block-name.ts';
import { isCopysetError } from '../base/errors.ts';
import type { NameHash } from '../base/hash.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import { type ClassLayout, type Copyset, copysetOf, holdersOf } from '../layout/layout.ts';
import { sealBlock, sealNamed } from '../volume/stored-form.ts';
import type { Loan } from '../volume/volume.ts';
import type { BlockLocation, BlockStore, ByteRange, NamedBlock, WrittenBlock } from './block-store.ts';
import type { Layouts } from './layouts.ts';
import { lendCopy } from './lend-copy.ts';
import { patiently } from './patience.ts';
import { type ReadContext, readCopies } from './read-copies.ts';
import { readCopyNow } from './read-copy-now.ts';
import { type WriteContext, writeCopies } from './write-copies.ts';

export type SiteBlocksOptions = {
  readonly layouts: Layouts;
  readonly write: WriteContext;
  readonly read: ReadContext;
  /** Names new blocks. */
  readonly hash: NameHash;
};

type ConfirmOptions = CallOptions & { readonly classId: number; readonly quorum: number; readonly alsoOn?: Copyset };

export class SiteBlocks implements BlockStore {
  readonly #layouts: Layouts;
  readonly #write: WriteContext;
  readonly #read: ReadContext;
  readonly #hash: NameHash;

  constructor(options: SiteBlocksOptions) {
    this.#layouts = options.layouts;
    this.#write = options.write;
    this.#read = options.read;
    this.#hash = options.hash;
  }

  seal(pieces: readonly Uint8Array[], classId: number): NamedBlock {
    return sealBlock(pieces, classId, this.#hash);
  }

  async write(block: NamedBlock, options: CallOptions & { readonly quorum: number }): Promise<WrittenBlock> {
    const { name, classId } = block.address;
    const layout = await this.#layouts.current(classId, options);
    const copyset = copysetOf(layout, name);
    const { outcome, areFree } = writeCopies(this.#write, block, { ...options, targets: copyset });
    const { found, missing } = await outcome;
    return { ref: { name, bytes: block.payloadBytes }, classId, found, missing, copyset, areFree };
  }

  async read(block: BlockLocation, options: CallOptions & { readonly range?: ByteRange } = {}): Promise<Uint8Array> {
    const before = await this.#layouts.current(block.classId, options);
    try {
      return await this.#readBy(before, block, options);
    } catch (error) {
      if (!isCopysetError(error, 'block.unavailable')) throw error;
      const after = await this.#layouts.refresh(block.classId, options);
      return this.#readBy(after, block, { ...options, fromAny: true });
    }
  }

  /**
   * `fromAny`: also from volumes that the layout does not count on. One that was retired or given up may still have the
   * last copy that can be read.
   */
  #readBy(
    layout: ClassLayout,
    block: BlockLocation,
    { signal, range, fromAny = false }: CallOptions & { readonly range?: ByteRange; readonly fromAny?: boolean },
  ): Promise<Uint8Array> {
    const placed = holdersOf(layout, block.name);
    const owedOn = layout.moving.has(partitionOf(block.name)) ? [] : placed;
    const lastResort = fromAny ? this.#read.members.others(placed) : [];
    const holders = [...placed, ...lastResort];
    return readCopies(this.#read, addressOf(block), { signal, range, holders, lastResort, owedOn });
  }

  lend(block: BlockLocation, range: ByteRange): Loan | undefined {
    const layout = this.#layouts.known(block.classId);
    if (layout === undefined) return undefined;
    return lendCopy(this.#read, addressOf(block), { holders: holdersOf(layout, block.name), range });
  }

  readNow(block: BlockLocation, range: ByteRange): Uint8Array | undefined {
    const layout = this.#layouts.known(block.classId);
    if (layout === undefined) return undefined;
    return readCopyNow(this.#read, addressOf(block), { holders: holdersOf(layout, block.name), range });
  }

  async confirm(ref: BlockRef, options: ConfirmOptions): Promise<WrittenBlock> {
    const layout = await this.#layouts.current(options.classId, options);
    const holders = new Set([...holdersOf(layout, ref.name), ...(options.alsoOn ?? [])]);
    const bytes = await readCopies(this.#read, addressOf({ name: ref.name, classId: options.classId }), {
      signal: options.signal,
      byName: true,
      holders: [...holders],
    });
    const written = await this.write(sealNamed(ref.name, [bytes], options.classId), options);
    return { ...written, ref };
  }

  guard(classId: number, options: CallOptions = {}): ReturnType<Layouts['guard']> {
    return this.#layouts.guard(classId, options);
  }

  isPlaced(block: WrittenBlock): boolean {
    const layout = this.#layouts.known(block.classId);
    return layout !== undefined && sameMembers(copysetOf(layout, block.ref.name), block.copyset);
  }

  async purge(block: BlockLocation, options: CallOptions = {}): Promise<void> {
    const { members, clock } = this.#write;
    const results = await Promise.allSettled(
      members.answering().map((volume) => patiently(clock, options, (call) => volume.delete(addressOf(block), call))),
    );
    const failure = results.find((result) => result.status === 'rejected');
    // A copy that could not be deleted is unreferenced still, and found again by the next collection.
    if (failure !== undefined && isCopysetError(failure.reason, 'request.aborted')) throw failure.reason;
  }
}

function addressOf(block: BlockLocation): BlockAddress {
  return { name: block.name, classId: block.classId, fragment: 0 };
}

function sameMembers(left: Copyset, right: Copyset): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}
