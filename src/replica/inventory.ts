/**
 * Why: which blocks there are, and on which volumes, is asked of the volumes themselves, partition by partition, by
 * merging their ordered lists. The collector, repair, and the count of what is under-replicated all read this one
 * stream.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { addressKey, type BlockAddress } from '../base/block-address.ts';
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
    for (let partition = partitions.from; partition < partitions.to; partition++) {
      throwIfAborted(options.signal);
      const lists = await Promise.all(
        this.#members.answering().map(async (volume) => {
          const list = (call: CallOptions) => listPartition(volume, partition, call);
          return { id: volume.id, stats: await patiently(this.#clock, options, list) };
        }),
      );
      yield* mergeLists(lists);
    }
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
