import { expect, test } from 'vitest';
import { Machine } from './simulation/machine.conformance.ts';
import { verifyPlaces } from './verify.ts';

async function filled() {
  const machine = new Machine(4, { rotateBytes: 500, syncTimeoutMs: 500 });
  const kv = await machine.open({ journals: machine.places(3) });
  for (let at = 0; at < 9; at++) await machine.put(kv, `key ${at}`);
  return { machine, kv };
}

test('what is whole is reported whole, in a running store and in a stopped one', async () => {
  const { machine, kv } = await filled();
  const whole = { state: 'intact', revision: 9, problems: [] };
  expect(await machine.until(kv.verifyJournals())).toMatchObject([whole, whole, whole]);
  await machine.until(kv.close());
  const stopped = await machine.until(verifyPlaces(machine.places(), machine.storeId));
  expect(stopped).toMatchObject([whole, whole, whole]); // the fourth is no journal
  expect(stopped.map(({ path }) => path)).toEqual(['/disk0', '/disk1', '/disk2']);
});

test('damage is found wherever it is, and named', async () => {
  const { machine, kv } = await filled();
  const [first, second, third] = machine.disks.map(({ memory }) => memory);
  first?.corrupt('log-000000000000002', 300, new Uint8Array(20));
  second?.corrupt('snapshot-000000000000000', 180, new Uint8Array(2).fill(7));
  await third?.remove('log-000000000000003');
  const [damaged, snapshot, lost] = await machine.until(kv.verifyJournals());
  expect(damaged).toMatchObject({ state: 'damaged', revision: undefined });
  expect(damaged?.problems.map(({ file }) => file)).toEqual(['log-000000000000002', '']);
  expect(snapshot?.problems.map(({ file }) => file)).toContain('snapshot-000000000000000');
  expect(lost).toMatchObject({ state: 'damaged', problems: [{ problem: 'records that were synced are lost' }] });
});

test('a journal that cannot be read, or not in time, is reported as such', async () => {
  const { machine, kv } = await filled();
  machine.disk(0).goAway();
  machine.disk(1).schedule.force('list', 'hang');
  const reported = await machine.until(kv.verifyJournals());
  expect(reported.map(({ state }) => state)).toEqual(['missing', 'missing', 'intact']);
  expect(reported[0]?.problems).toEqual([{ file: '', problem: '/disk0 is away' }]);
});
