import { beforeEach, expect, test } from 'vitest';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import { newId, type VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { readPlacement } from '../catalog/placement.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import { withKvFaults } from '../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { type OpenVolume, registerVolume } from './register-volume.ts';

let schedule: FaultSchedule;
let site: MemorySite;
let added: OpenVolume;

beforeEach(async () => {
  schedule = new FaultSchedule({ seed: 1 });
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule, clock: systemClock });
  site = await startMemorySite({ volumes: 3, kv });
  const like = site.members.all()[0]?.entry as VolumeEntry;
  const id = newId(seededRandom(2)) as VolumeId;
  added = { entry: { ...like, id, path: '/another' }, volume: new MemoryVolume({ id, clock: systemClock }) };
});

const register = () => registerVolume({ kv: site.kv, members: site.members }, added);
const isMember = () => site.members.get(added.entry.id) !== undefined;

async function isRegistered(): Promise<boolean> {
  return (await readPlacement(site.kv)).volumes.some(({ record }) => record.id === added.entry.id);
}

test('one that could not be registered is no member, and can be added again', async () => {
  schedule.force('commit', 'error');
  await expect(register()).rejects.toMatchObject({ code: 'kv.unreachable' });
  expect([isMember(), await isRegistered()]).toEqual([false, false]);
  expect((await register()).volume).toBe(added.volume);
  expect([isMember(), await isRegistered()]).toEqual([true, true]);
});

test('one that was registered before is again what the catalog says', async () => {
  await register();
  const { entry, volume } = added;
  schedule.force('commit', 'error');
  const moved = { entry: { ...entry, path: '/moved' }, volume };
  await expect(registerVolume({ kv: site.kv, members: site.members }, moved)).rejects.toThrow();
  expect(site.members.get(entry.id)).toMatchObject({ entry: { path: '/another' }, volume });
});

test('one that was registered all the same stays', async () => {
  schedule.force('commit', 'unknown');
  await expect(register()).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
  expect([isMember(), await isRegistered()]).toEqual([true, true]);
});

test('where nobody can tell, it stays a member', async () => {
  for (let nth = 1; nth <= 16; nth++) schedule.force('range', 'error', nth);
  await expect(register()).rejects.toThrow();
  expect(isMember()).toBe(true);
});
