import { describe, expect, test } from 'vitest';
import { keysOf, Machine, statesOf } from '../simulation/machine.conformance.ts';

const limits = { syncTimeoutMs: 500, copyTimeoutMs: 2000, tendMs: 100 };

async function filled(places: number) {
  const machine = new Machine(5, limits);
  const kv = await machine.open({ journals: machine.places(places) });
  for (let at = 0; at < 4; at++) await machine.put(kv, `key ${at}`);
  return { machine, kv };
}

const keys = ['key 0', 'key 1', 'key 2', 'key 3'];

describe('a change of the set', () => {
  test('replaces a lost member while commits go on; the others then suffice', async () => {
    const { machine, kv } = await filled(3);
    machine.disk(2).goAway();
    const changing = kv.changeJournals([machine.place(0), machine.place(1), machine.place(3)]);
    const committed = machine.put(kv, 'during');
    await machine.until(changing);
    await committed;
    expect(kv.journalStatus()).toMatchObject({ setNumber: 2, members: [0, 1, 3].map((at) => machine.ids[at]) });
    expect(statesOf(kv)).toEqual(['ok', 'ok', 'ok']);
    machine.crash();
    machine.loseCatalog();
    machine.disk(0).goAway();
    const again = await machine.open();
    expect(await keysOf(again)).toEqual(['during', ...keys]);
  });

  test('from one journal to three, and back', async () => {
    const { machine, kv } = await filled(1);
    await machine.until(kv.changeJournals(machine.places(3)));
    machine.disk(0).goAway();
    await machine.put(kv, 'without the first');
    await machine.until(kv.changeJournals([machine.place(2)]));
    await machine.put(kv, 'with the last alone');
    machine.crash();
    machine.loseCatalog();
    machine.disk(0).heal();
    const again = await machine.open();
    expect(await keysOf(again)).toEqual([...keys, 'with the last alone', 'without the first']);
    expect(again.journalStatus()).toMatchObject({ setNumber: 3, members: [machine.ids[2]] });
  });

  test('to the same set is none', async () => {
    const { machine, kv } = await filled(3);
    await machine.until(kv.changeJournals(machine.places(3).toReversed()));
    expect(kv.journalStatus().setNumber).toBe(1);
  });

  test('erases who left; who was away then holds an old copy, which nobody believes, and can come back', async () => {
    const { machine, kv } = await filled(3);
    machine.disk(0).goAway();
    await machine.until(kv.changeJournals([machine.place(1), machine.place(2), machine.place(3)]));
    await machine.put(kv, 'later');
    machine.disk(0).heal();
    await machine.until(kv.changeJournals([machine.place(0), machine.place(2), machine.place(3)]));
    await machine.time.until(machine.clock.sleep(1000), 2000);
    expect(await machine.disk(1).memory.list('')).toEqual(['lock']);
    machine.crash();
    machine.loseCatalog();
    for (const at of [2, 3]) await machine.disk(at).replace(new Map());
    await expect(machine.open()).rejects.toMatchObject({ code: 'journal.missing' });
    const lost = await machine.open({ acceptLoss: true });
    expect(await keysOf(lost)).toEqual([...keys, 'later']);
  });
});

describe('a change that cannot be', () => {
  test('leaves the set as it was when a new place cannot be filled', async () => {
    const { machine, kv } = await filled(3);
    machine.disk(3).goAway();
    await expect(machine.until(kv.changeJournals(machine.places(4)))).rejects.toMatchObject({ code: 'disk.not_found' });
    machine.disk(4).schedule.force('sync', 'hang');
    const hanging = [machine.place(0), machine.place(1), machine.place(4)];
    await expect(machine.until(kv.changeJournals(hanging))).rejects.toMatchObject({ code: 'timeout' });
    expect(kv.journalStatus()).toMatchObject({ setNumber: 1, members: machine.ids.slice(0, 3) });
    await machine.put(kv, 'key');
  });

  test('is refused for no journals, or two in one failure domain', async () => {
    const { machine, kv } = await filled(3);
    const twins = machine.places(2).map((place) => ({ ...place, domain: 'same' }));
    await expect(kv.changeJournals(twins)).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(kv.changeJournals([])).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('is not made without a write quorum of the old set', async () => {
    const { machine, kv } = await filled(3);
    for (const at of [0, 1]) machine.disk(at).schedule.force('write', 'hang');
    await expect(machine.until(kv.changeJournals([machine.place(3)]))).rejects.toMatchObject({
      code: 'kv.unknown_outcome',
    });
    machine.crash();
    machine.disk(2).goAway();
    machine.disk(3).goAway();
    const again = await machine.open();
    expect(again.journalStatus().setNumber).toBe(1);
    expect(await keysOf(again)).toEqual(keys);
  });

  test('is in doubt when a write quorum is lost in the middle; a recovery settles it', async () => {
    const { machine, kv } = await filled(3);
    for (const at of [0, 1]) machine.disk(at).schedule.force('sync', 'error', 1);
    const next = [machine.place(0), machine.place(1), machine.place(3)];
    await expect(machine.until(kv.changeJournals(next))).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    await machine.untilTrue(() => kv.journalStatus().readOnly === undefined);
    const { setNumber, members } = kv.journalStatus();
    expect(members).toEqual(setNumber === 1 ? machine.ids.slice(0, 3) : [0, 1, 3].map((at) => machine.ids[at]));
    await machine.put(kv, 'key 4');
    machine.crash();
    expect(await keysOf(await machine.open())).toEqual([...keys, 'key 4']);
  });
});
