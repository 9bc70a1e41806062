/**
 * Why: after a layout change the copies follow. Partition by partition, what the volumes list is compared with the new
 * copyset and the gaps are filled; a partition has arrived when nothing is missing, and only then does its old copyset
 * stop being asked. The arrival is a new epoch, so a write that was placed by the old one looks again.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { eachBounded } from '../base/async/each-bounded.ts';
import { isCopysetError } from '../base/errors.ts';
import { changePlacement, readLayout } from '../catalog/placement.ts';
import type { Kv } from '../kv/kv.ts';
import { type ClassLayout, copysetOfPartition, withArrived } from '../layout/layout.ts';
import type { BlockInventory, InventoryItem } from './inventory.ts';
import type { OnUnit } from './pay-debts.ts';
import { type RepairContext, repairBlock, repairBounds } from './repair-block.ts';

export type MoveContext = RepairContext & { readonly kv: Kv; readonly inventory: BlockInventory };

/** Arrivals committed together: each is an epoch, and each epoch makes writes look again. */
const arrivalsPerCommit = 32;

export type MoveReport = { readonly arrived: number; readonly stuck: number };

/**
 * One pass over the moving partitions of a class. A partition with a block that cannot be copied now stays on the move.
 */
export async function movePartitions(
  context: MoveContext,
  classId: number,
  onUnit: OnUnit,
  options: CallOptions = {},
): Promise<MoveReport> {
  const layout = await context.layouts.refresh(classId, options);
  const arrived = new Set<number>();
  let total = 0;
  let stuck = 0;
  const settle = async () => {
    await commitArrivals(context, { layout, arrived }, options);
    total += arrived.size;
    arrived.clear();
  };
  for (const partition of layout.moving.keys()) {
    throwIfAborted(options.signal);
    if (await fillPartition(context, { layout, partition, onUnit }, options)) arrived.add(partition);
    else stuck += 1;
    if (arrived.size >= arrivalsPerCommit) await settle();
  }
  if (arrived.size > 0) await settle();
  return { arrived: total, stuck };
}

type Filling = { readonly layout: ClassLayout; readonly partition: number; readonly onUnit: OnUnit };

/** True when every block that any volume lists is on all members of the new copyset. */
async function fillPartition(
  context: MoveContext,
  { layout, partition, onUnit }: Filling,
  options: CallOptions,
): Promise<boolean> {
  const copyset = copysetOfPartition(layout, partition);
  let whole = copyset.every((id) => context.members.volume(id) !== undefined);
  const fill = async (item: InventoryItem) => {
    if (item.address.classId !== layout.classId || copyset.every((id) => item.holders.includes(id))) return;
    const bytes = await fillGap(context, item, options);
    whole &&= bytes !== undefined;
    await onUnit({ bytes: bytes ?? 0, ok: bytes !== undefined });
  };
  const items = context.inventory.scan({ from: partition, to: partition + 1 }, options);
  await eachBounded(items, { ...repairBounds, bytesOf: ({ storedBytes }) => storedBytes }, fill, options);
  return whole;
}

async function fillGap(context: MoveContext, item: InventoryItem, options: CallOptions): Promise<number | undefined> {
  try {
    const { owed, bytes } = await repairBlock(context, item.address, { ...options, verify: false });
    return owed.length === 0 ? bytes : undefined;
  } catch (error) {
    if (isCopysetError(error, 'block.unavailable')) return undefined;
    throw error;
  }
}

type Arrivals = { readonly layout: ClassLayout; readonly arrived: ReadonlySet<number> };

/** Only partitions whose copyset is the one that was filled; a layout that changed meanwhile has its own pass. */
async function commitArrivals(
  context: MoveContext,
  { layout, arrived }: Arrivals,
  options: CallOptions,
): Promise<void> {
  const stored = await readLayout(context.kv, layout.classId, options);
  if (stored === undefined) return;
  const same = [...arrived].filter((partition) => {
    const [now, then] = [stored.record, layout].map((table) => copysetOfPartition(table, partition).join());
    return now === then && stored.record.moving.has(partition);
  });
  const after = withArrived(stored.record, new Set(same));
  if (same.length > 0)
    await changePlacement(context.kv, { volumes: [], layouts: [{ before: stored, after }] }, options);
  await context.layouts.refresh(layout.classId, options);
}
