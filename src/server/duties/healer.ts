/** Why: the consumer of everything that is owed: moves after a layout change, then debts. Progress shows as a job. */
import { partitionCount, partitionOf } from '../../base/block-name.ts';
import { listBuckets } from '../../catalog/buckets.ts';
import { countDebts } from '../../catalog/debts.ts';
import { type ClassLayout, copysetOfPartition } from '../../layout/layout.ts';
import { replicaClasses } from '../../replica/change-volumes.ts';
import { Pacer } from '../../replica/core/pacing.ts';
import { partitionRuns } from '../../replica/inventory.ts';
import { movePartitions } from '../../replica/move-partitions.ts';
import { type OnUnit, payDebts } from '../../replica/pay-debts.ts';
import type { JobControl, Jobs } from '../jobs.ts';
import { type Site, usersAreServed } from '../site.ts';

/** Blocks that have fewer than M good copies, as far as is known: owed, or not yet where they belong. */
export async function countUnderReplicated(site: Site, signal: AbortSignal): Promise<number> {
  const owed = await countDebts(site.repair.kv, { signal });
  return owed + (await countGaps(site, signal));
}

/** Blocks of moving partitions that a member of their copyset lacks. Classes without blocks cost nothing. */
async function countGaps(site: Site, signal: AbortSignal): Promise<number> {
  const layouts = await Promise.all(replicaClasses.map((classId) => site.layouts.current(classId, { signal })));
  const moving = new Set(layouts.flatMap((layout) => [...layout.moving.keys()]));
  const used = new Set((await listBuckets(site.repair.kv, { signal })).map(({ copies }) => copies));
  const short = layouts.filter((layout) => used.has(layout.classId) && isShort(layout)).map(({ classId }) => classId);
  let gaps = 0;
  for (const run of partitionRuns(short.length > 0 ? Array(partitionCount).keys() : moving)) {
    for await (const { address, holders } of site.repair.inventory.scan(run, { signal })) {
      const layout = layouts.find(({ classId }) => classId === address.classId);
      if (layout === undefined) continue;
      const partition = partitionOf(address.name);
      const lacking = copysetOfPartition(layout, partition).some((id) => !holders.includes(id));
      if (short.includes(address.classId) || (layout.moving.has(partition) && lacking)) gaps += 1;
    }
  }
  return gaps;
}

/** There are fewer volumes than copies. */
export function isShort(layout: ClassLayout): boolean {
  return (layout.copysets[0]?.length ?? 0) < layout.copies;
}

/** True while there is something that a round could do. */
export async function hasWork(site: Site, signal: AbortSignal): Promise<boolean> {
  const layouts = await Promise.all(replicaClasses.map((classId) => site.layouts.current(classId, { signal })));
  return layouts.some(({ moving }) => moving.size > 0) || (await countDebts(site.repair.kv, { signal })) > 0;
}

/** Lost copies come back fast, and at half the pace while users are served. */
const healPace = { restWhenBusy: 1, restWhenIdle: 0, mostRestMs: 1_000 };

/** Pays everything that can be paid now. Moves come first: they decide where a debt is owed. */
export async function heal(site: Site, job: JobControl): Promise<void> {
  let left = 0;
  const recount = async () => {
    left = await countUnderReplicated(site, job.signal);
    job.expect(left);
  };
  await recount();
  const pacer = new Pacer(healPace);
  let workedSinceMs = site.repair.clock.monotonicMs();
  const onUnit: OnUnit = async ({ ok }) => {
    job.advance(ok ? 1 : 0);
    left -= 1;
    if (left < 0) await recount(); // more has come meanwhile
    const restMs = pacer.restAfter(site.repair.clock.monotonicMs() - workedSinceMs, { areBusy: usersAreServed(site) });
    if (restMs >= 1) await site.repair.clock.sleep(restMs, job);
    workedSinceMs = site.repair.clock.monotonicMs();
  };
  await movePartitions(site.repair, onUnit, job);
  await payDebts(site.repair, onUnit, job);
}

/** A round of the duty: nothing when nothing is owed. */
export async function healRound(site: Site, jobs: Jobs, signal: AbortSignal): Promise<void> {
  if (!(await hasWork(site, signal))) return;
  const id = jobs.start({ kind: 'repair', unit: 'blocks' }, (job) => heal(site, job));
  await jobs.finished(id, { signal });
}
