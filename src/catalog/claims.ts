/**
 * Why: the fence between those who rely on a block that was there before and the collector. A claim takes the block out
 * of the trash in the same commit; a purge commits only while nobody claims it; whoever meets a purge waits for its
 * end.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { RequestId } from '../base/ids.ts';
import type { Kv } from '../kv/kv.ts';
import { allClaims, type ClaimedBlock, type ClaimRecord, claimCodec, claimKey, claimsOn } from './records/claim.ts';
import { debtKey } from './records/debt.ts';
import { type TrashRecord, trashCodec, trashKey } from './records/trash.ts';
import { absent, emptyRange, readRecord, type Stored, scanRecords, unchanged } from './stored.ts';

export function findTrash(
  kv: Kv,
  block: ClaimedBlock,
  options: CallOptions = {},
): Promise<Stored<TrashRecord> | undefined> {
  return readRecord(kv, trashCodec, trashKey(block), options);
}

/** `purging`: try again when the purge has ended. */
export async function claimBlock(
  kv: Kv,
  block: ClaimedBlock,
  claim: ClaimRecord,
  options: CallOptions = {},
): Promise<'claimed' | 'purging'> {
  const put = [{ key: claimKey(block, claim.requestId), value: claimCodec.encode(claim) }];
  for (;;) {
    const trash = await findTrash(kv, block, options);
    if (trash?.record.state === 'purging') return 'purging';
    const commit =
      trash === undefined
        ? { expect: [absent(trashKey(block))], put }
        : { expect: [unchanged(trash)], put, delete: [trash.key] };
    if ((await kv.commit(commit, options)).committed) return 'claimed';
  }
}

/** Takes claims back, in batches. One that is forgotten runs out by its age. */
export async function releaseClaims(
  kv: Kv,
  claims: Iterable<ClaimedBlock>,
  request: RequestId,
  options: CallOptions = {},
): Promise<void> {
  const keys = [...claims].map((block) => claimKey(block, request));
  for (let at = 0; at < keys.length; at += kv.limits.maxOpsPerCommit) {
    await kv.commit({ delete: keys.slice(at, at + kv.limits.maxOpsPerCommit) }, options);
  }
}

/** Deletes claims made before `beforeMs`: their requests are past their deadline. */
export async function expireClaims(kv: Kv, beforeMs: number, options: CallOptions = {}): Promise<void> {
  for await (const claim of scanRecords(kv, claimCodec, allClaims, options)) {
    if (claim.record.madeAtMs < beforeMs) await kv.commit({ expect: [unchanged(claim)], delete: [claim.key] }, options);
  }
}

/** Puts unreferenced blocks into the trash; those that are there or claimed are left alone. */
export async function trashBlock(
  kv: Kv,
  block: ClaimedBlock,
  nowMs: number,
  options: CallOptions = {},
): Promise<boolean> {
  const key = trashKey(block);
  const value = trashCodec.encode({ state: 'trash', sinceMs: nowMs });
  return (await kv.commit({ expect: [absent(key), emptyRange(claimsOn(block))], put: [{ key, value }] }, options))
    .committed;
}

/** Begins the purge of a block whose trash record is still the one that was seen; false when somebody claimed it. */
export async function beginPurge(
  kv: Kv,
  block: ClaimedBlock,
  trash: Stored<TrashRecord>,
  options: CallOptions = {},
): Promise<boolean> {
  const value = trashCodec.encode({ ...trash.record, state: 'purging' });
  return (
    await kv.commit(
      { expect: [unchanged(trash), emptyRange(claimsOn(block))], put: [{ key: trash.key, value }] },
      options,
    )
  ).committed;
}

/** Takes a block out of the trash that turned out to be referenced. */
export async function removeTrash(kv: Kv, key: Uint8Array, options: CallOptions = {}): Promise<void> {
  await kv.commit({ delete: [key] }, options);
}

/** What is gone is owed to nobody: a debt for it would be tried again and again. */
export async function endPurge(kv: Kv, block: ClaimedBlock, options: CallOptions = {}): Promise<void> {
  await kv.commit({ delete: [trashKey(block), debtKey(block)] }, options);
}
