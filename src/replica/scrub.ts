/**
 * Why: damage that nobody reads is found before the last good copy goes. Every copy on a volume is read and verified;
 * what is bad becomes debt. Then the volumes' lists are compared with the layout: a copy that vanished is found too,
 * and a copy outside of the layout is removed once all those inside were verified.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { partitionCount, partitionOf } from '../base/block-name.ts';
import type { Clock } from '../base/clock.ts';
import { isCopysetError, toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { addDebts } from '../catalog/debts.ts';
import { copysetOf } from '../layout/layout.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import type { BlockStat, Volume } from '../volume/volume.ts';
import type { InventoryItem } from './inventory.ts';
import type { MoveContext } from './move-partitions.ts';
import type { OnUnit } from './pay-debts.ts';
import { repairBlock } from './repair-block.ts';

export type ScrubContext = MoveContext & {
  readonly clock: Clock;
  /** A copy outside of the layout is left alone until it is older: a request may still rely on it. */
  readonly graceMs: number;
};

export type ScrubFinding = { readonly volume: VolumeId; readonly address: BlockAddress; readonly problem: string };

const pageSize = 256;

/** Reads and verifies every copy on one volume. */
export async function scrubVolume(
  context: ScrubContext,
  volume: Volume,
  onUnit: OnUnit,
  options: CallOptions = {},
): Promise<ScrubFinding[]> {
  const findings: ScrubFinding[] = [];
  for (let after: BlockAddress | undefined; ; ) {
    const page = await volume.list({ after, limit: pageSize }, options);
    for (const stat of page) {
      throwIfAborted(options.signal);
      const problem = await verifyCopy(volume, stat, options);
      if (problem !== undefined) {
        findings.push({ volume: volume.id, address: stat.address, problem });
        await oweCopy(context, { address: stat.address, volumes: [volume.id] }, options);
      }
      await onUnit({ bytes: stat.storedBytes, ok: problem === undefined });
    }
    if (page.length < pageSize) return findings;
    after = page.at(-1)?.address;
  }
}

async function verifyCopy(volume: Volume, stat: BlockStat, options: CallOptions): Promise<string | undefined> {
  try {
    await readWholeBlock(volume, stat.address, options);
    return undefined;
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.code === 'request.aborted' || error.code === 'closed') throw error;
    // A block that was deleted since it was listed is no finding.
    if (error.code === 'block.missing' && (await volume.stat(stat.address, options)) === undefined) return undefined;
    return error.message;
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
    const lacking = copyset.filter((id) => !item.holders.includes(id));
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
    for (const id of extra) await context.members.volume(id)?.delete(item.address, options);
  } catch (error) {
    if (!isCopysetError(error, 'block.unavailable', 'volume.gone', 'disk.io')) throw error; // an extra copy may stay
  }
}
