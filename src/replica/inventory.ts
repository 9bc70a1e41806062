/**
 * Why: which blocks there are, and on which volumes, is asked of the volumes themselves, partition by partition, by
 * merging their ordered lists. The collector, repair, and the count of what is under-replicated all read this one
 * stream.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { addressKey, type BlockAddress } from '../base/block-address.ts';
import type { VolumeId } from '../base/ids.ts';
import type { BlockStat, Volume } from '../volume/volume.ts';
import type { Members } from './members.ts';

export type InventoryItem = {
  readonly address: BlockAddress;
  readonly holders: readonly VolumeId[];
  readonly storedBytes: number;
  /** The latest put of any of its copies. */
  readonly newestWriteMs: number;
};

export type PartitionRange = { readonly from: number; readonly to: number };

const pageSize = 1000;

export class BlockInventory {
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  /** Copies on the fullest volume: a lower bound of the blocks, good for sizing and progress. */
  async countBlocks(options: CallOptions = {}): Promise<number> {
    const counts = await Promise.all(this.#open().map(async (volume) => (await volume.usage(options)).blocks));
    return Math.max(0, ...counts);
  }

  /** All blocks of the partitions, in address order, on any volume that can be asked. */
  async *scan(partitions: PartitionRange, options: CallOptions = {}): AsyncGenerator<InventoryItem> {
    for (let partition = partitions.from; partition < partitions.to; partition++) {
      throwIfAborted(options.signal);
      const lists = await Promise.all(
        this.#open().map(async (volume) => ({ id: volume.id, stats: await listPartition(volume, partition, options) })),
      );
      yield* mergeLists(lists);
    }
  }

  #open(): Volume[] {
    return this.#members.all().flatMap(({ volume }) => volume ?? []);
  }
}

async function listPartition(volume: Volume, partition: number, options: CallOptions): Promise<BlockStat[]> {
  const stats: BlockStat[] = [];
  for (let after: BlockAddress | undefined; ; ) {
    const page = await volume.list({ after, partition, limit: pageSize }, options);
    stats.push(...page);
    if (page.length < pageSize) return stats;
    after = page.at(-1)?.address;
  }
}

/** One item a block, from lists of one partition. */
export function mergeLists(
  lists: readonly { readonly id: VolumeId; readonly stats: readonly BlockStat[] }[],
): InventoryItem[] {
  const items = new Map<string, InventoryItem>();
  for (const { id, stats } of lists) {
    for (const { address, storedBytes, writtenAtMs } of stats) {
      const key = addressKey(address);
      const item = items.get(key);
      const holders = [...(item?.holders ?? []), id];
      items.set(key, { address, holders, storedBytes, newestWriteMs: Math.max(writtenAtMs, item?.newestWriteMs ?? 0) });
    }
  }
  return [...items.keys()].sort().map((key) => items.get(key) as InventoryItem);
}
