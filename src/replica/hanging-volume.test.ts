import { expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import { countDebts } from '../catalog/debts.ts';
import { withVolumeFaults } from '../volume/faults/faulty-volume.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { setVolumeState } from './change-volumes.ts';
import type { Member } from './members.ts';
import { movePartitions } from './move-partitions.ts';
import { patienceMs } from './patience.ts';
import { compareWithLayout, scrubVolume } from './scrub.ts';

/** Patience is a matter of milliseconds. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, options) => systemClock.sleep(Math.min(ms, ms / 1000 + 1), options),
};

type Site = MemorySite & { readonly schedule: FaultSchedule; readonly first: Member };

/** Four volumes, the first of which hangs in every call from now on. */
async function startSite(objects: number): Promise<Site> {
  const schedule = new FaultSchedule({ seed: 1, rates: { '*:hang': 1 } });
  schedule.pause();
  const site = await startMemorySite({
    volumes: 4,
    clock: hasty,
    openVolume: async (id, index) => {
      const volume = new MemoryVolume({ id, clock: systemClock });
      return index === 0 ? withVolumeFaults(volume, { schedule, clock: systemClock }) : volume;
    },
  });
  await site.store.createBucket('bucket');
  for (let at = 0; at < objects; at++)
    await site.store.put('bucket', `object-${at}`, { body: bodyOf(Buffer.alloc(1000, at)), headers: { metadata: {} } });
  schedule.resume();
  const [first] = site.members.all() as [Member, ...Member[]];
  return { ...site, schedule, first };
}

const read = async ({ store }: Site, key: string) => readAll(await store.get('bucket', key));
const nothing = async () => undefined;

test('is given up by whoever waits for it, in time', async () => {
  const { repair, first } = await startSite(1);
  const startedMs = performance.now();
  const { findings, cutShort } = await scrubVolume(repair, first.volume as NonNullable<Member['volume']>, nothing);
  expect([findings, cutShort]).toEqual([[], expect.stringContaining(`did not finish within ${patienceMs} ms`)]);
  expect(performance.now() - startedMs).toBeLessThan(patienceMs / 10);
});

test('is read around, and an object that lies nowhere else ends in a time-out', async () => {
  const site = await startSite(20);
  for (let at = 0; at < 20; at++) expect(await read(site, `object-${at}`)).toEqual(Buffer.alloc(1000, at));
  for (const member of site.members.all()) if (member !== site.first) member.volume = undefined;
  await expect(read(site, 'object-0')).rejects.toMatchObject({ code: 'timeout' });
});

test('that is known to be silent is left alone: nothing is owed, no partition arrives without it', async () => {
  const { repair, kv, members, first } = await startSite(20);
  first.isSilent = true;
  expect(await compareWithLayout(repair)).toEqual([]);
  expect(await countDebts(kv)).toBe(0);
  const leaving = members.all()[3] as Member;
  await setVolumeState(kv, leaving.entry.id, { state: 'draining', reason: 'test' });
  leaving.entry = { ...leaving.entry, state: 'draining' };
  expect(await movePartitions(repair, nothing)).toMatchObject({ arrived: 0 });
});

test('that answers again is part of everything again', async () => {
  const { repair, schedule, first } = await startSite(20);
  first.isSilent = true;
  schedule.pause();
  schedule.release();
  first.isSilent = false;
  expect(await compareWithLayout(repair)).toEqual([]);
  const { cutShort } = await scrubVolume(repair, first.volume as NonNullable<Member['volume']>, nothing);
  expect(cutShort).toBeUndefined();
});
