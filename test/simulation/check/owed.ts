/**
 * Why: at every moment a copy that is not where the layout says is owed, by a debt or by a move, or nobody will ever
 * bring it back. Asked while users write on: what is lacking is looked at again before it counts.
 */

import { partitionOf } from '../../../src/base/block-name.ts';
import type { VolumeId } from '../../../src/base/ids.ts';
import { debtKey } from '../../../src/catalog/records/debt.ts';
import { copysetOf } from '../../../src/layout/layout.ts';
import type { Life } from '../life.ts';
import { Violation } from '../model/violation.ts';
import type { World } from '../world.ts';
import { type Needed, neededBlocks } from './needed-blocks.ts';

/** While there are no faults. Volumes of the device that is impaired are not asked: a scrub is still to come. */
export async function checkOwed(world: World): Promise<void> {
  const life = await world.life;
  for (const block of await neededBlocks(life)) {
    for (const id of await lackingOn(world, life, block)) await checkOwedOn(world, life, { block, id });
  }
}

async function checkOwedOn(
  world: World,
  life: Life,
  { block, id }: { readonly block: Needed; readonly id: VolumeId },
): Promise<void> {
  if ((await life.kv.get(debtKey(block))) !== undefined) return;
  if (!(await lackingOn(world, life, block)).includes(id)) return; // the debt was paid meanwhile
  const isNeeded = (await neededBlocks(life)).some(
    ({ name, classId }) => name === block.name && classId === block.classId,
  );
  if (isNeeded && (await life.kv.get(debtKey(block))) === undefined)
    throw new Violation(`block ${block.name} of class ${block.classId} is not on volume ${id}, and nobody owes it`);
}

/** Members of the copyset without the block, unless the partition moves. */
async function lackingOn(world: World, life: Life, { name, classId }: Needed): Promise<VolumeId[]> {
  const { layouts, members } = life.site;
  const layout = await layouts.refresh(classId);
  if (layout.moving.has(partitionOf(name))) return [];
  const spared = world.machine.slots.filter(({ device }) => device === world.impaired).map(({ id }) => id);
  const lacking: VolumeId[] = [];
  for (const id of copysetOf(layout, name)) {
    const volume = members.volume(id);
    if (volume === undefined || spared.includes(id)) continue;
    if ((await volume.stat({ name, classId, fragment: 0 })) === undefined) lacking.push(id);
  }
  return lacking;
}
