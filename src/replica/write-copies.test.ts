import { expect, test } from 'vitest';
import type { CallOptions } from '../base/async/abort.ts';
import { utf8 } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import type { VolumeId } from '../base/ids.ts';
import { withVolumeFaults } from '../volume/faults/faulty-volume.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { sealBlock } from '../volume/stored-form.ts';
import { Members } from './members.ts';
import { writeCopies } from './write-copies.ts';

const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(16) as VolumeId);
const [first, second] = ids as [VolumeId, VolumeId];

/** Three volumes; the first put of each of `hanging` hangs until it is released, and is taken for stuck. */
async function startSite(hanging: readonly VolumeId[]) {
  const schedule = new FaultSchedule({ seed: 1 });
  const members = new Members();
  for (const id of ids) {
    const domain = ['site', 'zone', 'rack', 'node', id] as const;
    const entry = { id, path: id, state: 'active', weight: 1, domain, addedAtMs: 0 } as const;
    const memory = new MemoryVolume({ id, clock: systemClock });
    const faulty = withVolumeFaults(memory, { schedule, clock: systemClock });
    members.set(entry, hanging.includes(id) ? faulty : memory);
  }
  const context = { members, clock: systemClock, stragglerMs: 10, onFailure: () => undefined };
  const write = (text: string, { signal }: CallOptions = {}) =>
    writeCopies(context, sealBlock([utf8(text)], 3, 'blake3'), { targets: ids, quorum: 2, signal });
  for (const nth of hanging.keys()) schedule.force('put', 'hang', nth + 1);
  const stuck = write('stuck');
  await systemClock.sleep(50);
  for (const id of hanging) expect(members.get(id)).toMatchObject({ pendingWrites: 1 });
  for (const member of hanging.map((id) => members.get(id))) if (member !== undefined) member.suspect = true;
  return { schedule, members, write, stuck };
}

test('a suspect that others wait for is passed over where the others suffice', async () => {
  const { schedule, members, write } = await startSite([first]);
  const { missing } = await write('next').outcome;
  expect([missing(), members.get(first)?.pendingWrites]).toEqual([[first], 1]);
  schedule.release();
});

test('it is waited for where its copy is needed', async () => {
  const { schedule, write, stuck } = await startSite([first, second]);
  const next = write('next');
  schedule.release();
  expect((await next.outcome).missing()).toEqual([]);
  expect((await stuck.outcome).missing()).toEqual([]);
});

test('not by more writes than may wait', async () => {
  const { schedule, members, write } = await startSite([first, second]);
  for (let nth = 1; nth <= 40; nth++) schedule.force('put', 'hang', nth);
  const outcomes = Array.from({ length: 20 }, (_, number) => write(`${number}`).outcome);
  expect(members.get(first)?.pendingWrites).toBe(16);
  schedule.release();
  const refused = (await Promise.allSettled(outcomes)).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(5);
});

test('the bytes are free when the slowest copy is written, though its write is waited for no longer', async () => {
  const { schedule, stuck } = await startSite([first]);
  let isFree: boolean | undefined;
  void stuck.areFree.then((free) => {
    isFree = free;
  });
  expect((await stuck.outcome).missing()).toEqual([first]);
  expect(isFree).toBeUndefined();
  schedule.release();
  expect(await stuck.areFree).toBe(true);
});

test('they are never free when a write was given up that goes on', async () => {
  const { schedule, members, write, stuck } = await startSite([first]);
  schedule.release();
  expect(await stuck.areFree).toBe(true);
  const member = members.get(first);
  if (member !== undefined) member.suspect = false;
  schedule.force('put', 'hang');
  const client = new AbortController();
  const { outcome, areFree } = write('next', { signal: client.signal });
  expect((await outcome).missing()).toEqual([first]);
  client.abort();
  expect(await areFree).toBe(false);
  schedule.release();
});
