/**
 * Why: damage that nobody reads is found before the last good copy goes. Every copy on a volume is read and verified;
 * what is bad becomes debt. Then the volumes' lists are compared with the layout: a copy that vanished is found too,
 * and a copy outside of the layout is removed once all those inside were verified.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { partitionCount, partitionOf } from '../base/block-name.ts';
import type { Clock } from '../base/clock.ts';
import { type CopysetError, isCopysetError, toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { addDebts } from '../catalog/debts.ts';
import { copysetOf } from '../layout/layout.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import type { BlockStat, Volume } from '../volume/volume.ts';
import type { InventoryItem } from './inventory.ts';
import type { MoveContext } from './move-partitions.ts';
import { patiently } from './patience.ts';
import type { OnUnit } from './pay-debts.ts';
import { cannotRepairNow, repairBlock } from './repair-block.ts';

export type ScrubContext = MoveContext & {
  readonly clock: Clock;
  /** A copy outside of the layout is left alone until it is older: a request may still rely on it. */
  readonly graceMs: number;
};

export type ScrubFinding = { readonly volume: VolumeId; readonly address: BlockAddress; readonly problem: string };

export type VolumeReport = {
  readonly findings: readonly ScrubFinding[];
  /** Why not everything on the volume was verified; undefined when it was. */
  readonly cutShort: string | undefined;
};

const pageSize = 256;

/** Reads and verifies every copy on one volume, as far as the volume is there. */
export async function scrubVolume(
  context: ScrubContext,
  volume: Volume,
  onUnit: OnUnit,
  options: CallOptions = {},
): Promise<VolumeReport> {
  const findings: ScrubFinding[] = [];
  try {
    for await (const stat of listCopies(context, volume, options)) {
      const problem = await verifyCopy(context, { volume, stat }, options);
      if (problem !== undefined) findings.push({ volume: volume.id, address: stat.address, problem: problem.message });
      if (problem !== undefined && problem.code !== 'format.unknown_version')
        await oweCopy(context, { address: stat.address, volumes: [volume.id] }, options);
      await onUnit({ bytes: stat.storedBytes, ok: problem === undefined });
    }
    return { findings, cutShort: undefined };
  } catch (thrown) {
    throwIfAborted(options.signal);
    const error = toCopysetError(thrown);
    if (!isAbsence(error)) throw error;
    return { findings, cutShort: error.message };
  }
}

/** It hangs, it went away, or it was let go of: that is for others to judge, and no finding about its blocks. */
function isAbsence(error: CopysetError): boolean {
  return isCopysetError(error, 'timeout', 'volume.gone', 'closed');
}

async function* listCopies({ clock }: ScrubContext, volume: Volume, options: CallOptions): AsyncGenerator<BlockStat> {
  for (let after: BlockAddress | undefined; ; ) {
    const query = { after, limit: pageSize };
    const page = await patiently(clock, options, (call) => volume.list(query, call));
    for (const stat of page) {
      throwIfAborted(options.signal);
      yield stat;
    }
    if (page.length < pageSize) return;
    after = page.at(-1)?.address;
  }
}

type Copy = { readonly volume: Volume; readonly stat: BlockStat };

async function verifyCopy(
  { clock }: ScrubContext,
  { volume, stat }: Copy,
  options: CallOptions,
): Promise<CopysetError | undefined> {
  const { address } = stat;
  try {
    await patiently(clock, options, (call) => readWholeBlock(volume, address, call));
    return undefined;
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.code === 'request.aborted' || isAbsence(error)) throw error;
    if (error.code !== 'block.missing') return error;
    // A block that was deleted since it was listed is no finding.
    const now = await patiently(clock, options, (call) => volume.stat(address, call));
    return now === undefined ? undefined : error;
  }
}

type Owed = { readonly address: BlockAddress; readonly volumes: readonly VolumeId[] };

function oweCopy(context: ScrubContext, { address, volumes }: Owed, options: CallOptions): Promise<void> {
  const { name, classId } = address;
  return addDebts(context.kv, [{ name, classId, volumes }], context.clock.wallMs(), options);
}

/** Compares what the volumes list with the layout. Partitions on the move are left to the mover. */
export async function compareWithLayout(context: ScrubContext, options: CallOptions = {}): Promise<ScrubFinding[]> {
  const findings: ScrubFinding[] = [];
  for await (const item of context.inventory.scan({ from: 0, to: partitionCount }, options)) {
    const layout = await context.layouts.current(item.address.classId, options);
    if (layout.moving.has(partitionOf(item.address.name))) continue;
    const copyset = copysetOf(layout, item.address.name);
    const lacking = copyset.filter((id) => !item.holders.includes(id) && !context.members.isSilent(id));
    const extra = item.holders.filter((id) => !copyset.includes(id));
    if (lacking.length > 0) {
      findings.push(...lacking.map((volume) => ({ volume, address: item.address, problem: 'the copy is missing' })));
      await oweCopy(context, { address: item.address, volumes: lacking }, options);
    } else if (extra.length > 0) await removeExtras(context, { item, extra }, options);
  }
  return findings;
}

async function removeExtras(
  context: ScrubContext,
  { item, extra }: { item: InventoryItem; extra: readonly VolumeId[] },
  options: CallOptions,
): Promise<void> {
  if (context.clock.wallMs() - item.newestWriteMs < context.graceMs) return;
  try {
    const { owed } = await repairBlock(context, item.address, { ...options, verify: true });
    if (owed.length > 0) return;
    for (const id of extra) {
      const volume = context.members.volume(id);
      await patiently(context.clock, options, async (call) => volume?.delete(item.address, call));
    }
  } catch (error) {
    if (!cannotRepairNow(error) && !isCopysetError(error, 'volume.gone', 'disk.io')) throw error; // it may stay
  }
}
