/**
 * Why: which blocks there are, and on which volumes, is asked of the volumes themselves, page by page, by merging their
 * ordered lists. The collector, repair, and the count of what is under-replicated all read this one stream.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { addressBefore, addressKey, type BlockAddress } from '../base/block-address.ts';
import { partitionOf } from '../base/block-name.ts';
import type { Clock } from '../base/clock.ts';
import type { VolumeId } from '../base/ids.ts';
import type { BlockStat, Volume } from '../volume/volume.ts';
import type { Members } from './members.ts';
import { patiently } from './patience.ts';

export type InventoryItem = {
  readonly address: BlockAddress;
  readonly holders: readonly VolumeId[];
  readonly storedBytes: number;
  /** The latest put of any of its copies. */
  readonly newestWriteMs: number;
};

export type PartitionRange = { readonly from: number; readonly to: number };

const pageSize = 1000;
/** Listed together; short, so that what is done with one run is soon settled. */
const partitionsPerRun = 32;

/** Neighbours among the partitions, in runs. */
export function partitionRuns(partitions: Iterable<number>): PartitionRange[] {
  const runs: { from: number; to: number }[] = [];
  for (const partition of [...new Set(partitions)].sort((left, right) => left - right)) {
    const run = runs.at(-1);
    if (run?.to === partition && partition - run.from < partitionsPerRun) run.to += 1;
    else runs.push({ from: partition, to: partition + 1 });
  }
  return runs;
}

export class BlockInventory {
  readonly #members: Members;
  readonly #clock: Clock;

  constructor(members: Members, clock: Clock) {
    this.#members = members;
    this.#clock = clock;
  }

  /** Copies on the fullest volume: a lower bound of the blocks, good for sizing and progress. */
  async countBlocks(options: CallOptions = {}): Promise<number> {
    const usages = await Promise.all(
      this.#members.answering().map((volume) => patiently(this.#clock, options, (call) => volume.usage(call))),
    );
    return Math.max(0, ...usages.map(({ blocks }) => blocks));
  }

  /** All blocks of the partitions, in address order, on any volume that answers; `timeout` when one falls silent. */
  async *scan(partitions: PartitionRange, options: CallOptions = {}): AsyncGenerator<InventoryItem> {
    const lists = this.#members.answering().map((volume) => new VolumeList(volume, partitions));
    for (;;) {
      throwIfAborted(options.signal);
      await Promise.all(lists.map((list) => patiently(this.#clock, options, (call) => list.fill(call))));
      const items = mergeLists(lists);
      const last = items.at(-1);
      if (last === undefined) return;
      yield* items;
      for (const list of lists) list.dropUpTo(last.address);
    }
  }
}

/** What one volume lists of some partitions, a page at a time. */
class VolumeList implements ListedPage {
  readonly #volume: Volume;
  readonly #partitions: PartitionRange;
  #after: BlockAddress | undefined;
  stats: readonly BlockStat[] = [];
  isLast: boolean;

  constructor(volume: Volume, partitions: PartitionRange) {
    this.#volume = volume;
    this.#partitions = partitions;
    this.#after = addressBefore(partitions.from);
    this.isLast = partitions.from >= partitions.to;
  }

  get id(): VolumeId {
    return this.#volume.id;
  }

  /** The next page, where this one is used up. */
  async fill(options: CallOptions): Promise<void> {
    if (this.isLast || this.stats.length > 0) return;
    const { from, to } = this.#partitions;
    const only = to - from === 1 ? { partition: from } : {};
    const page = await this.#volume.list({ after: this.#after, limit: pageSize, ...only }, options);
    this.stats = page.filter(({ address }) => partitionOf(address.name) < to);
    this.isLast = page.length < pageSize || this.stats.length < page.length;
    this.#after = page.at(-1)?.address;
  }

  dropUpTo(last: BlockAddress): void {
    const key = addressKey(last);
    this.stats = this.stats.filter(({ address }) => addressKey(address) > key);
  }
}

export type ListedPage = {
  readonly id: VolumeId;
  readonly stats: readonly BlockStat[];
  /** No page follows. */
  readonly isLast: boolean;
};

/** One item a block, in address order, as far as no later page can add to them. */
export function mergeLists(lists: readonly ListedPage[]): InventoryItem[] {
  const items = new Map<string, InventoryItem>();
  for (const { id, stats } of lists) {
    for (const { address, storedBytes, writtenAtMs } of stats) {
      const key = addressKey(address);
      const item = items.get(key);
      const holders = [...(item?.holders ?? []), id];
      items.set(key, { address, holders, storedBytes, newestWriteMs: Math.max(writtenAtMs, item?.newestWriteMs ?? 0) });
    }
  }
  const ends = lists.filter(({ isLast }) => !isLast).map(({ stats }) => keyOfLast(stats));
  const isComplete = (key: string) => ends.every((end) => key <= end);
  return [...items.keys()]
    .filter(isComplete)
    .sort()
    .map((key) => items.get(key) as InventoryItem);
}

function keyOfLast(stats: readonly BlockStat[]): string {
  const last = stats.at(-1);
  return last === undefined ? '' : addressKey(last.address);
}
