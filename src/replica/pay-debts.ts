/** Why: the consumer of repair debt: every record is worked on until its block has M good copies, then deleted. */
import type { CallOptions } from '../base/async/abort.ts';
import { eachBounded } from '../base/async/each-bounded.ts';
import { payDebt, scanDebts } from '../catalog/debts.ts';
import type { DebtRecord } from '../catalog/records/debt.ts';
import type { Stored } from '../catalog/stored.ts';
import type { Kv } from '../kv/kv.ts';
import { cannotRepairNow, type RepairContext, repairBlock, repairBounds } from './repair-block.ts';

export type DebtContext = RepairContext & { readonly kv: Kv };

/** Sees each unit of work, for progress and pacing. */
export type OnUnit = (unit: { readonly bytes: number; readonly ok: boolean }) => Promise<void>;

export type DebtReport = { readonly paid: number; readonly left: number };

/** One pass over all debts. What cannot be paid now stays. */
export async function payDebts(context: DebtContext, onUnit: OnUnit, options: CallOptions = {}): Promise<DebtReport> {
  let paid = 0;
  let left = 0;
  const pay = async (debt: Stored<DebtRecord>) => {
    const bytes = await payOne(context, debt, options);
    if (bytes === undefined) left += 1;
    else paid += 1;
    await onUnit({ bytes: bytes ?? 0, ok: bytes !== undefined });
  };
  const bytesOf = () => repairBounds.maxBytes / repairBounds.atOnce;
  await eachBounded(scanDebts(context.kv, options), { ...repairBounds, bytesOf }, pay, options);
  return { paid, left };
}

/** Bytes written, or undefined when the debt remains. */
async function payOne(
  context: DebtContext,
  debt: Stored<DebtRecord>,
  options: CallOptions,
): Promise<number | undefined> {
  const address = { name: debt.record.name, classId: debt.record.classId, fragment: 0 };
  try {
    const { owed, bytes } = await repairBlock(context, address, { ...options, verify: true });
    return owed.length === 0 && (await payDebt(context.kv, debt, options)) ? bytes : undefined;
  } catch (error) {
    if (cannotRepairNow(error)) return undefined;
    throw error;
  }
}
