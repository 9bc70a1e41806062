/**
 * Why: one request that writes content. It remembers what must hold until its commit: claims on blocks that were there
 * before, debts for copies that are missing, and where each block was placed, so that a layout that moved meanwhile is
 * noticed and the placement repeated before anything is acknowledged.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError, throwIfBug } from '../../base/errors.ts';
import { newId, type RequestId } from '../../base/ids.ts';
import { claimBlock, findTrash, releaseClaims } from '../../catalog/claims.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import { addDebts, type Debt, debtPut } from '../../catalog/debts.ts';
import type { PlacementGuard } from '../../catalog/versions.ts';
import type { Put } from '../../kv/kv.ts';
import type { BlockLocation, NamedBlock, WrittenBlock } from '../../replica/block-store.ts';
import type { ObjectContext } from '../context.ts';

export type Placing = { readonly classId: number; readonly quorum: number };

const purgePollMs = 20;
/** Debts that fit into the final commit beside everything else; more are recorded before it. */
const maxDebtsInCommit = 32;
const maxPlacements = 16;

async function bothOf(one: Promise<boolean>, other: Promise<boolean>): Promise<boolean> {
  return (await one) && (await other);
}

export class WriteSession {
  readonly #context: ObjectContext;
  readonly #placing: Placing;
  readonly #request: RequestId;
  readonly #claimed = new Map<string, BlockLocation>();
  readonly #written = new Map<string, WrittenBlock>();

  constructor(context: ObjectContext, placing: Placing) {
    this.#context = context;
    this.#placing = placing;
    this.#request = newId<RequestId>(context.random);
  }

  get classId(): number {
    return this.#placing.classId;
  }

  /**
   * Writes bytes as one block; resolves when W copies are durable and safe from the collector. `areFree`
   * tells of the bytes.
   */
  async write(pieces: readonly Uint8Array[], options: CallOptions = {}): Promise<WrittenBlock> {
    const block = this.#context.blocks.seal(pieces, this.#placing.classId);
    const written = await this.#writeFenced(block, options);
    this.#written.set(block.address.name, written);
    return written;
  }

  async #writeFenced(block: NamedBlock, options: CallOptions): Promise<WrittenBlock> {
    const { blocks, kv } = this.#context;
    const place = { name: block.address.name, classId: this.#placing.classId };
    const write = () => blocks.write(block, { ...options, quorum: this.#placing.quorum });
    if (this.#claimed.has(place.name)) return write();
    const written = await write();
    if (!written.found && (await findTrash(kv, place, options)) === undefined) return written;
    await this.#claim(place, options);
    const again = await write(); // only what is confirmed after the claim counts
    return { ...again, areFree: bothOf(written.areFree, again.areFree) };
  }

  /** Takes over a block that another record refers to (copy, completion). */
  async adopt(ref: BlockRef, options: CallOptions = {}): Promise<void> {
    const { classId, quorum } = this.#placing;
    await this.#claim({ name: ref.name, classId }, options);
    this.#written.set(ref.name, await this.#context.blocks.confirm(ref, { ...options, classId, quorum }));
  }

  async #claim(block: BlockLocation, options: CallOptions): Promise<void> {
    const { kv, clock } = this.#context;
    const claim = { requestId: this.#request, madeAtMs: clock.wallMs() };
    while ((await claimBlock(kv, block, claim, options)) === 'purging') await clock.sleep(purgePollMs, options);
    this.#claimed.set(block.name, block);
  }

  /**
   * Runs the commit with a guard on the placement and the debts to record. `layout-moved` from the commit places what
   * moved again and repeats.
   */
  async commit<T>(
    attempt: (guard: PlacementGuard, debts: readonly Put[]) => Promise<T | 'layout-moved'>,
    options: CallOptions = {},
  ): Promise<T> {
    for (let placements = 0; placements < maxPlacements; placements++) {
      const guard = await this.#context.blocks.guard(this.#placing.classId, options);
      await this.#placeAgain(options);
      const outcome = await attempt(guard, await this.#settleDebts(options));
      if (outcome !== 'layout-moved') return outcome as T;
    }
    throw new CopysetError('busy', `the layout changed ${maxPlacements} times during one request`);
  }

  async #placeAgain(options: CallOptions): Promise<void> {
    const { blocks } = this.#context;
    const { classId, quorum } = this.#placing;
    for (const [name, block] of this.#written) {
      if (blocks.isPlaced(block)) continue;
      this.#written.set(name, await blocks.confirm(block.ref, { ...options, classId, quorum, alsoOn: block.copyset }));
    }
  }

  async #settleDebts(options: CallOptions): Promise<Put[]> {
    const { kv, clock } = this.#context;
    const debts: Debt[] = [...this.#written.values()]
      .map((block) => ({ name: block.ref.name, classId: block.classId, volumes: block.missing() }))
      .filter((debt) => debt.volumes.length > 0);
    if (debts.length > maxDebtsInCommit) await addDebts(kv, debts.slice(maxDebtsInCommit), clock.wallMs(), options);
    return debts.slice(0, maxDebtsInCommit).map((debt) => debtPut(debt, clock.wallMs()));
  }

  /** After the commit, or after it failed. A claim that cannot be taken back runs out by its age. */
  async end(options: CallOptions = {}): Promise<void> {
    try {
      await releaseClaims(this.#context.kv, this.#claimed.values(), this.#request, options);
    } catch (error) {
      throwIfBug(error);
    }
  }
}
