/**
 * Why: when troubles have ended and every duty has had its time, a store owes nothing and keeps nothing that nobody
 * needs. What is referenced is found here from the records anew, and what is stored is asked of the volumes one by one.
 */
import type { VolumeId } from '../../../src/base/ids.ts';
import { allClaims, claimCodec } from '../../../src/catalog/records/claim.ts';
import { allDebts, debtCodec } from '../../../src/catalog/records/debt.ts';
import { allParts, partCodec } from '../../../src/catalog/records/part.ts';
import { allTrash, trashCodec } from '../../../src/catalog/records/trash.ts';
import { collectRecords } from '../../../src/catalog/stored.ts';
import { copysetOf } from '../../../src/layout/layout.ts';
import { readWholeBlock } from '../../../src/volume/read-block.ts';
import type { BlockStat } from '../../../src/volume/volume.ts';
import { graceMs, type Life } from '../life.ts';
import { Violation } from '../model/violation.ts';
import { buckets } from '../workload/contents.ts';
import type { World } from '../world.ts';
import { type Needed, neededBlocks } from './needed-blocks.ts';
import { untilSettled } from './settled.ts';
import { verifyObjects } from './verify-objects.ts';

export async function checkQuiescence(world: World): Promise<void> {
  await untilSettled(world);
  const life = await world.life;
  await checkPlaced(life);
  await abortUploads(life);
  await world.clock.sleep(graceMs);
  await life.scrub();
  await untilSettled(world);
  for (let collection = 1; collection <= 2; collection++) {
    await world.clock.sleep(graceMs);
    await life.collect();
  }
  await checkPlaced(life);
  await checkNothingElse(life);
  await verifyObjects(world);
}

/** Every copy of every block that is needed is where the layout says, whole, each in a domain of its own. */
async function checkPlaced(life: Life): Promise<void> {
  const { site } = life;
  for (const block of await neededBlocks(life)) {
    const { name, classId } = block;
    const copyset = copysetOf(await site.layouts.refresh(classId), name);
    const domains = new Set(copyset.map((id) => site.members.domainOf(id)));
    if (domains.size < classId) throw new Violation(`block ${name} has ${domains.size} domains of ${classId}`);
    for (const id of copyset) await checkCopy(life, block, id);
  }
}

async function checkCopy({ site }: Life, { name, classId }: Needed, id: VolumeId): Promise<void> {
  const volume = site.members.volume(id);
  if (volume === undefined) throw new Violation(`volume ${id}, where block ${name} belongs, is not open`);
  try {
    await readWholeBlock(volume, { name, classId, fragment: 0 });
  } catch (error) {
    throw new Violation(`block ${name} of class ${classId} has no good copy on volume ${id}: ${String(error)}`, {
      cause: error,
    });
  }
}

async function abortUploads({ uncached }: Life): Promise<void> {
  for (const { name } of buckets) {
    const { uploads } = await uncached.listUploads(name, { prefix: '', delimiter: '', after: undefined, limit: 1000 });
    for (const { id, key } of uploads) await uncached.abortUpload({ bucket: name, key, id });
  }
}

/** No other block on any volume that counts, and no record of work that is left. */
async function checkNothingElse(life: Life): Promise<void> {
  const { site } = life;
  const { kv } = site.repair;
  const needed = new Set((await neededBlocks(life)).map(({ name, classId }) => `${classId} ${name}`));
  for (const { entry, volume } of site.members.holding()) {
    const stats: readonly BlockStat[] = (await volume?.list({ limit: 100_000 })) ?? [];
    for (const { address } of stats) {
      const layout = await site.layouts.refresh(address.classId);
      const isNeeded = needed.has(`${address.classId} ${address.name}`);
      if (!isNeeded) throw new Violation(`volume ${entry.id} keeps block ${address.name}, which nobody needs`);
      if (!copysetOf(layout, address.name).includes(entry.id))
        throw new Violation(`volume ${entry.id} keeps a copy of block ${address.name} beyond those of the layout`);
    }
  }
  const left = {
    debts: (await collectRecords(kv, debtCodec, allDebts)).length,
    trash: (await collectRecords(kv, trashCodec, allTrash)).length,
    claims: (await collectRecords(kv, claimCodec, allClaims)).length,
    parts: (await collectRecords(kv, partCodec, allParts)).length,
  };
  for (const [what, count] of Object.entries(left)) if (count > 0) throw new Violation(`${count} ${what} are left`);
}
