/**
 * Why: the one way in which a block comes back to M good copies, for debts, moves, scrub and drains alike. Nothing is
 * copied that was not verified; a copy counts as good here only after it was read and verified, or, when a move merely
 * fills gaps, when the volume says that it has it.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { isCopysetError, toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { type ClassLayout, copysetOf, holdersOf } from '../layout/layout.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import { sealNamed } from '../volume/stored-form.ts';
import type { Layouts } from './layouts.ts';
import type { Members } from './members.ts';
import { patiently } from './patience.ts';
import { type ReadContext, readCopies } from './read-copies.ts';

export type RepairContext = { readonly layouts: Layouts; readonly members: Members; readonly read: ReadContext };

/** Blocks that are repaired at the same time. */
export const repairBounds = { atOnce: 8, maxBytes: 64 * 2 ** 20 };

export type RepairOptions = CallOptions & {
  /** Read and verify the copies that are there; without it a copy that the volume lists counts. */
  readonly verify: boolean;
};

export type RepairResult = {
  readonly written: readonly VolumeId[];
  /** Members of the copyset that are still without a good copy, and slots for which there is no volume. */
  readonly owed: readonly VolumeId[];
  readonly bytes: number;
};

type CopyCheck = { readonly id: VolumeId; readonly state: 'good' | 'damaged' | 'missing' | 'unreachable' };

/**
 * No good copy can be found or read now, perhaps only by this program: others are worked on, and this one stays owed.
 */
export function cannotRepairNow(error: unknown): boolean {
  return isCopysetError(error, 'block.unavailable', 'timeout', 'format.unknown_version');
}

/** Rejects so that `cannotRepairNow` when there is no good copy to copy from. */
export async function repairBlock(
  context: RepairContext,
  address: BlockAddress,
  options: RepairOptions,
): Promise<RepairResult> {
  const layout = await context.layouts.current(address.classId, options);
  const checks = await Promise.all(
    copysetOf(layout, address.name).map((id) => checkCopy(context, address, { ...options, id })),
  );
  const bad = checks.filter(({ state }) => state === 'damaged' || state === 'missing');
  const unreachable = checks.filter(({ state }) => state === 'unreachable').map(({ id }) => id);
  if (bad.length === 0) return { written: [], owed: unreachable, bytes: 0 };
  const bytes = await readCopies(context.read, address, {
    signal: options.signal,
    byName: true,
    ...sourcesFor(context, layout, { address, bad }),
  });
  const block = sealNamed(address.name, [bytes], address.classId);
  const outcomes = await Promise.all(
    bad.map(async ({ id, state }) => {
      const volume = context.members.volume(id);
      if (volume === undefined) return { id, done: false };
      const put = (call: CallOptions) => volume.put(block, { ...call, replace: state === 'damaged' });
      return patiently(context.read.clock, options, put).then(
        () => ({ id, done: true }),
        (error) => refuse(context, id, error),
      );
    }),
  );
  const written = outcomes.filter(({ done }) => done).map(({ id }) => id);
  const failed = outcomes.filter(({ done }) => !done).map(({ id }) => id);
  return { written, owed: [...unreachable, ...failed], bytes: bytes.byteLength * written.length };
}

/** A copy that could not be written stays owed; the keeper hears why. */
function refuse(context: RepairContext, id: VolumeId, thrown: unknown): { id: VolumeId; done: false } {
  const error = toCopysetError(thrown);
  if (error.code === 'request.aborted') throw error;
  context.read.onFailure(id, error);
  return { id, done: false };
}

async function checkCopy(
  context: RepairContext,
  address: BlockAddress,
  options: RepairOptions & { readonly id: VolumeId },
): Promise<CopyCheck> {
  const { id, verify, signal } = options;
  const volume = context.members.volume(id);
  if (volume === undefined || context.members.isSilent(id)) return { id, state: 'unreachable' };
  const ask = async (call: CallOptions): Promise<unknown> =>
    verify ? readWholeBlock(volume, address, call) : volume.stat(address, call);
  try {
    const found = await patiently(context.read.clock, { signal }, ask);
    return { id, state: found === undefined ? 'missing' : 'good' };
  } catch (error) {
    if (isCopysetError(error, 'block.damaged')) return { id, state: 'damaged' };
    if (isCopysetError(error, 'block.missing')) return { id, state: 'missing' };
    if (isCopysetError(error, 'request.aborted')) throw error;
    return { id, state: 'unreachable' };
  }
}

type Search = { readonly address: BlockAddress; readonly bad: readonly CopyCheck[] };

/**
 * Where a good copy may be: on the holders by the layout, else on any other volume, which may still have an old one.
 */
function sourcesFor(context: RepairContext, layout: ClassLayout, { address, bad }: Search) {
  const named = holdersOf(layout, address.name);
  const lastResort = context.members.others(named);
  const holders = [...named, ...lastResort].filter((id) => !bad.some((copy) => copy.id === id));
  return { holders, lastResort };
}
