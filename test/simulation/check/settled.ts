/**
 * Why: whether a store has healed is asked of the store itself, as an operator would: nothing owed, nothing moving,
 * journals whole, every volume that counts there.
 */
import { allDebts, debtCodec } from '../../../src/catalog/records/debt.ts';
import { collectRecords } from '../../../src/catalog/stored.ts';
import { hasWork } from '../../../src/server/duties/healer.ts';
import type { Life } from '../life.ts';
import { Violation } from '../model/violation.ts';
import type { World } from '../world.ts';

const patienceMs = 300_000;
const pollMs = 1_000;
const pollsPerCollection = 20;

export async function isSettled(life: Life): Promise<boolean> {
  try {
    if (!journalsAreWhole(life) || (await hasWork(life.site, new AbortController().signal))) return false;
    for (const { volume } of life.site.members.holding()) {
      if (volume === undefined) return false;
      await volume.check(); // one that is gone is to be given up yet
    }
    return true;
  } catch {
    return false; // a call failed: it cannot be told, so it is not
  }
}

function journalsAreWhole({ kv, site }: Life): boolean {
  const { members, places, readOnly } = kv.journalStatus();
  const isWhole = (id: (typeof members)[number]) =>
    places.some((place) => place.id === id && place.state === 'ok' && place.damage === undefined) &&
    site.members.get(id)?.entry.state === 'active';
  return readOnly === undefined && members.every(isWhole);
}

/** Waits, without faults, until the store has healed; it must. */
export async function untilSettled(world: World): Promise<void> {
  const endMs = world.machine.time.nowMs + patienceMs;
  for (let polls = 1; ; polls++) {
    await world.clock.sleep(pollMs);
    const life = await world.life;
    if (await isSettled(life)) return;
    if (polls % pollsPerCollection === 0) await life.collect(); // a debt for what nobody needs is dropped there
    if (world.machine.time.nowMs > endMs) throw new Violation(`the store does not heal: ${await describe(life)}`);
  }
}

/** Damage that nobody has met yet is found and repaired. */
export async function scrubUntilClean(world: World): Promise<void> {
  await untilSettled(world);
  const life = await world.life;
  await life.scrub();
  await untilSettled(world);
}

async function describe(life: Life): Promise<string> {
  const { members, places, readOnly } = life.kv.journalStatus();
  const volumes = life.site.members
    .all()
    .map(({ entry, volume }) => `${entry.id} ${entry.state}${volume ? '' : ' closed'}`);
  const journals = members.map((id) => {
    const place = places.find((one) => one.id === id);
    return `${id} ${place?.state} ${place?.damage?.found ?? ''}`;
  });
  const debts = await collectRecords(life.kv, debtCodec, allDebts);
  const owed = debts.map(
    ({ name, classId, volumes: on }) => `${name.slice(0, 8)} of class ${classId} on ${on.join('+')}`,
  );
  const moving = life.site.layouts.all().map((layout) => layout.moving.size);
  return [
    `volumes ${volumes.join(', ')}`,
    `journals ${journals.join(', ')}`,
    `read only: ${readOnly}`,
    `debts: ${owed.join(', ')}`,
    `moving: ${moving.join(', ')}`,
  ].join('; ');
}
