/**
 * Why: space comes back without ever taking a block that somebody needs. Two phases, a grace apart that is longer than
 * any request that writes:
 *
 *   unreferenced, unclaimed, older than the grace -> trash (a record; a claim takes it out again) still so a grace
 *   later, the record untouched -> purging (a commit that expects no claim) -> copies deleted -> record gone
 *
 * A put that meets a block in the trash claims it; one that meets a purge waits for its end. Uploads that ended and
 * left parts behind are cleaned first, claims whose request is past its deadline run out.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { throwIfAborted } from '../../base/async/abort.ts';
import { partitionCount } from '../../base/block-name.ts';
import type { Clock } from '../../base/clock.ts';
import { beginPurge, endPurge, expireClaims, findTrash, removeTrash, trashBlock } from '../../catalog/claims.ts';
import { payDebt, scanDebts } from '../../catalog/debts.ts';
import { allParts, partCodec } from '../../catalog/records/part.ts';
import { allTrash, blockOfTrashKey, trashCodec } from '../../catalog/records/trash.ts';
import { uploadKey } from '../../catalog/records/upload.ts';
import { scanRecords } from '../../catalog/stored.ts';
import { forgetFinishedUploads, removeParts } from '../../catalog/uploads.ts';
import type { Kv } from '../../kv/kv.ts';
import type { BlockStore } from '../../replica/block-store.ts';
import type { BlockInventory } from '../../replica/inventory.ts';
import { inSlice, type Marks, markReferences, type Slice } from './mark.ts';

export type CollectorOptions = {
  readonly kv: Kv;
  readonly blocks: BlockStore;
  readonly inventory: BlockInventory;
  readonly clock: Clock;
  /** Longer than the deadline of every request that writes. */
  readonly graceMs: number;
  /** Marks held in memory at a time. */
  readonly maxMarks: number;
};

export type CollectionReport = { readonly trashed: number; readonly purged: number; readonly rescued: number };

/** A completion that is repeated has the same answer for so long. */
const answerAgainMs = 24 * 60 * 60 * 1000;

const nothing: CollectionReport = { trashed: 0, purged: 0, rescued: 0 };

/** One whole pass over parts, claims, trash and blocks. */
export async function collectGarbage(options: CollectorOptions, call: CallOptions = {}): Promise<CollectionReport> {
  const { kv, clock, graceMs } = options;
  await removeOrphanParts(options, call);
  await forgetFinishedUploads(kv, clock.wallMs() - answerAgainMs, call);
  await expireClaims(kv, clock.wallMs() - graceMs, call);
  let total = nothing;
  for (const slice of slicesFor(await options.inventory.countBlocks(call), options.maxMarks)) {
    const marks = await markReferences(kv, options.blocks, slice, call);
    const emptied = await emptyTrash(options, { marks, slice }, call);
    const trashed = await fillTrash(options, { marks, slice }, call);
    await dropStaleDebts(options, { marks, slice }, call);
    total = {
      trashed: total.trashed + trashed,
      purged: total.purged + emptied.purged,
      rescued: total.rescued + emptied.rescued,
    };
  }
  return total;
}

export function slicesFor(blocks: number, maxMarks: number): Slice[] {
  const count = Math.min(partitionCount, Math.max(1, Math.ceil(blocks / maxMarks)));
  const edge = (index: number) => Math.floor((index * partitionCount) / count);
  return Array.from({ length: count }, (_, index) => ({ from: edge(index), to: edge(index + 1) }));
}

type Marked = { readonly marks: Marks; readonly slice: Slice };

/** Purges what has been in the trash for a grace and is unreferenced still. */
async function emptyTrash(
  options: CollectorOptions,
  { marks, slice }: Marked,
  call: CallOptions,
): Promise<{ purged: number; rescued: number }> {
  const { kv, blocks, clock, graceMs } = options;
  let purged = 0;
  let rescued = 0;
  for await (const trash of scanRecords(kv, trashCodec, allTrash, call)) {
    const block = blockOfTrashKey(trash.key);
    if (!inSlice(block.name, slice)) continue;
    throwIfAborted(call.signal);
    if (trash.record.state === 'trash') {
      if (marks.has(block.name, block.classId)) {
        await removeTrash(kv, trash.key, call);
        rescued += 1;
        continue;
      }
      if (clock.wallMs() - trash.record.sinceMs < graceMs) continue;
      if (!(await beginPurge(kv, block, trash, call))) continue;
    }
    await blocks.purge(block, call); // a purge that a crash interrupted is finished here too
    await endPurge(kv, block, call);
    purged += 1;
  }
  return { purged, rescued };
}

/** Puts into the trash what nobody refers to and what is older than the grace on every volume that has it. */
async function fillTrash(options: CollectorOptions, { marks, slice }: Marked, call: CallOptions): Promise<number> {
  const { kv, inventory, clock, graceMs } = options;
  const writtenBefore = clock.wallMs() - graceMs;
  let trashed = 0;
  for await (const { address, newestWriteMs } of inventory.scan(slice, call)) {
    if (newestWriteMs > writtenBefore || marks.has(address.name, address.classId)) continue;
    if ((await findTrash(kv, address, call)) !== undefined) continue;
    if (await trashBlock(kv, address, clock.wallMs(), call)) trashed += 1;
  }
  return trashed;
}

/** A debt for a block that nobody refers to (its put failed, or it was collected) is owed to nobody. */
async function dropStaleDebts(
  { kv, clock, graceMs }: CollectorOptions,
  { marks, slice }: Marked,
  call: CallOptions,
): Promise<void> {
  for await (const debt of scanDebts(kv, call)) {
    const { name, classId, sinceMs } = debt.record;
    const stale = inSlice(name, slice) && !marks.has(name, classId) && clock.wallMs() - sinceMs >= graceMs;
    if (stale) await payDebt(kv, debt, call);
  }
}

/** Parts whose upload ended without taking them along. */
async function removeOrphanParts(options: CollectorOptions, call: CallOptions): Promise<void> {
  const { kv, clock, graceMs } = options;
  const known = new Set<string>();
  for await (const { record } of scanRecords(kv, partCodec, allParts, call)) {
    if (known.has(record.uploadId) || clock.wallMs() - record.modifiedAtMs < graceMs) continue;
    known.add(record.uploadId);
    if ((await kv.get(uploadKey(record.bucketId, record.key, record.uploadId), call)) === undefined)
      await removeParts(kv, record.uploadId, call);
  }
}
