/**
 * Why: repair debt is kept where nothing is forgotten: in the catalog, from the commit that made it until it is paid.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { BlockName } from '../base/block-name.ts';
import type { VolumeId } from '../base/ids.ts';
import type { Kv, Put } from '../kv/kv.ts';
import { allDebts, type DebtRecord, debtCodec, debtKey } from './records/debt.ts';
import { type Stored, scanRecords, unchanged } from './stored.ts';

export type Debt = { readonly name: BlockName; readonly classId: number; readonly volumes: readonly VolumeId[] };

export function debtPut(debt: Debt, nowMs: number): Put {
  return {
    key: debtKey(debt),
    value: debtCodec.encode({ ...debt, sinceMs: nowMs }),
  };
}

/** Records debts outside of an object's commit, in batches: they are true whether or not the object comes to be. */
export async function addDebts(
  kv: Kv,
  debts: readonly Debt[],
  nowMs: number,
  options: CallOptions = {},
): Promise<void> {
  for (let at = 0; at < debts.length; at += kv.limits.maxOpsPerCommit) {
    const batch = new Map(
      debts
        .slice(at, at + kv.limits.maxOpsPerCommit)
        .map((debt) => [`${debt.classId} ${debt.name}`, debtPut(debt, nowMs)]),
    );
    await kv.commit({ put: [...batch.values()] }, options);
  }
}

export function scanDebts(kv: Kv, options: CallOptions = {}): AsyncGenerator<Stored<DebtRecord>> {
  return scanRecords(kv, debtCodec, allDebts, options);
}

/** False when the debt grew meanwhile: look again. */
export async function payDebt(kv: Kv, debt: Stored<DebtRecord>, options: CallOptions = {}): Promise<boolean> {
  return (await kv.commit({ expect: [unchanged(debt)], delete: [debt.key] }, options)).committed;
}

export async function countDebts(kv: Kv, options: CallOptions = {}): Promise<number> {
  let count = 0;
  for await (const _ of scanDebts(kv, options)) count += 1;
  return count;
}
