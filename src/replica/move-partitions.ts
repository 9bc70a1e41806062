/**
 * Why: after a layout change the copies follow. Partition after partition, what the volumes list is compared with the
 * new copyset and the gaps are filled; a partition has arrived when nothing is missing, and only then does its old
 * copyset stop being asked. The arrival is a new epoch, so a write that was placed by the old one looks again.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { eachBounded } from '../base/async/each-bounded.ts';
import { partitionOf } from '../base/block-name.ts';
import { changePlacement, readLayout } from '../catalog/placement.ts';
import { allLayouts, layoutCodec } from '../catalog/records/layout-entry.ts';
import { collectRecords } from '../catalog/stored.ts';
import type { Kv } from '../kv/kv.ts';
import { type ClassLayout, copysetOfPartition, withArrived } from '../layout/layout.ts';
import { type BlockInventory, type InventoryItem, type PartitionRange, partitionRuns } from './inventory.ts';
import type { OnUnit } from './pay-debts.ts';
import { cannotRepairNow, type RepairContext, repairBlock, repairBounds } from './repair-block.ts';

export type MoveContext = RepairContext & { readonly kv: Kv; readonly inventory: BlockInventory };

/** Arrivals committed together: each is an epoch, and each epoch makes writes look again. */
const arrivalsPerCommit = 128;

export type MoveReport = { readonly arrived: number; readonly stuck: number };

/**
 * One pass over all moving partitions, each listed once for all classes. A partition with a block that cannot be copied
 * now stays on the move.
 */
export async function movePartitions(
  context: MoveContext,
  onUnit: OnUnit,
  options: CallOptions = {},
): Promise<MoveReport> {
  const layouts = await collectRecords(context.kv, layoutCodec, allLayouts, options);
  // What arrived by a commit whose answer was lost is known to the catalog alone, and would count as moving for ever.
  for (const { classId } of layouts) await context.layouts.refresh(classId, options);
  const moves = layouts.map((layout) => ({ layout, arrived: new Set<number>() }));
  const report = { arrived: 0, stuck: 0 };
  for (const run of partitionRuns(layouts.flatMap(({ moving }) => [...moving.keys()]))) {
    throwIfAborted(options.signal);
    const isWhole = await fillRun(context, { layouts, run, onUnit }, options);
    for (const { layout, arrived } of moves) {
      for (const partition of movingIn(layout, run)) {
        if (isWhole(layout, partition)) arrived.add(partition);
        else report.stuck += 1;
      }
    }
    report.arrived += await settle(context, moves, arrivalsPerCommit, options);
  }
  return { ...report, arrived: report.arrived + (await settle(context, moves, 1, options)) };
}

function movingIn({ moving }: ClassLayout, { from, to }: PartitionRange): number[] {
  return [...moving.keys()].filter((partition) => partition >= from && partition < to);
}

type Move = { readonly layout: ClassLayout; readonly arrived: Set<number> };

/** Commits the arrivals of the classes that have at least so many; gives their number. */
async function settle(
  context: MoveContext,
  moves: readonly Move[],
  least: number,
  options: CallOptions,
): Promise<number> {
  let settled = 0;
  for (const move of moves.filter(({ arrived }) => arrived.size >= least)) {
    await commitArrivals(context, move, options);
    settled += move.arrived.size;
    move.arrived.clear();
  }
  return settled;
}

type Filling = { readonly layouts: readonly ClassLayout[]; readonly run: PartitionRange; readonly onUnit: OnUnit };

/** Of which moving partitions every block that any volume lists is on all members of the new copyset. */
async function fillRun(
  context: MoveContext,
  { layouts, run, onUnit }: Filling,
  options: CallOptions,
): Promise<(layout: ClassLayout, partition: number) => boolean> {
  const allAnswer = everybodyAnswers(context);
  const open = new Set(context.members.all().flatMap(({ volume }) => volume?.id ?? []));
  const byClass = new Map(layouts.map((layout) => [layout.classId, layout]));
  const gaps = new Set<string>();
  const fill = async (item: InventoryItem) => {
    const layout = byClass.get(item.address.classId);
    const partition = partitionOf(item.address.name);
    if (layout?.moving.has(partition) !== true) return;
    if (copysetOfPartition(layout, partition).every((id) => item.holders.includes(id))) return;
    const bytes = await fillGap(context, item, options);
    if (bytes === undefined) gaps.add(`${layout.classId} ${partition}`);
    await onUnit({ bytes: bytes ?? 0, ok: bytes !== undefined });
  };
  const items = context.inventory.scan(run, options);
  await eachBounded(items, { ...repairBounds, bytesOf: ({ storedBytes }) => storedBytes }, fill, options);
  return (layout, partition) => {
    const isOpen = copysetOfPartition(layout, partition).every((id) => open.has(id));
    return allAnswer && isOpen && !gaps.has(`${layout.classId} ${partition}`);
  };
}

/** What is on a volume that hangs is not known, and may be nowhere else. */
function everybodyAnswers({ members }: MoveContext): boolean {
  return members.all().every(({ volume, isSilent }) => volume === undefined || !isSilent);
}

async function fillGap(context: MoveContext, item: InventoryItem, options: CallOptions): Promise<number | undefined> {
  try {
    const { owed, bytes } = await repairBlock(context, item.address, { ...options, verify: false });
    return owed.length === 0 ? bytes : undefined;
  } catch (error) {
    if (cannotRepairNow(error)) return undefined;
    throw error;
  }
}

/** Only partitions whose copyset is the one that was filled; a layout that changed meanwhile has its own pass. */
async function commitArrivals(context: MoveContext, { layout, arrived }: Move, options: CallOptions): Promise<void> {
  const stored = await readLayout(context.kv, layout.classId, options);
  if (stored === undefined) return;
  const same = [...arrived].filter((partition) => wayOf(stored.record, partition) === wayOf(layout, partition));
  const after = withArrived(stored.record, new Set(same));
  if (same.length > 0)
    await changePlacement(context.kv, { volumes: [], layouts: [{ before: stored, after }] }, options);
  await context.layouts.refresh(layout.classId, options);
}

/** From where to where a partition moves. One that moved away and back since has other sources, and what they hold. */
function wayOf(layout: ClassLayout, partition: number): string {
  return `${layout.moving.get(partition)?.join()} to ${copysetOfPartition(layout, partition).join()}`;
}
