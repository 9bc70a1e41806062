import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import type { CopysetError } from '../../../base/errors.ts';
import { keysOf, Machine, statesOf } from '../simulation/machine.conformance.ts';

const small = { rotateBytes: 500, snapshotBytes: 1500, tendMs: 100 };

async function machineWith(keys: number, disks = 3): Promise<Machine> {
  const machine = new Machine(disks, small);
  const kv = await machine.open();
  for (let at = 0; at < keys; at++) await machine.put(kv, key(at));
  machine.crash();
  return machine;
}

const key = (at: number) => `key ${String(at).padStart(3, '0')}`;
const keys = (count: number) => Array.from({ length: count }, (_, at) => key(at));

describe('a start', () => {
  test('after a crash finds every commit, and opens a new term', async () => {
    const machine = await machineWith(5);
    const kv = await machine.open();
    expect(await keysOf(kv)).toEqual(keys(5));
    expect(kv.journalStatus()).toMatchObject({ term: 2, setNumber: 1, revision: 5, readOnly: undefined });
  });

  test('rebuilds a lost catalog from the newest snapshot and the log, and tells how far it is', async () => {
    const machine = new Machine(3, small);
    const first = await machine.open();
    for (let at = 0; at < 60; at++) await machine.put(first, key(at));
    await machine.time.until(machine.clock.sleep(1000), 2000);
    for (let at = 60; at < 70; at++) await machine.put(first, key(at));
    machine.crash();
    machine.loseCatalog();
    const told: number[] = [];
    const kv = await machine.open({ progress: ({ doneBytes, totalBytes }) => void told.push(doneBytes / totalBytes) });
    expect(await keysOf(kv)).toEqual(keys(70));
    expect(await kv.status()).toMatchObject({ revision: 70, incarnation: 'first' });
    await expect(kv.changes(0, 1)).rejects.toMatchObject({ code: 'kv.compacted' });
    expect(told.length).toBeGreaterThan(5);
    expect(told).toEqual(told.toSorted((left, right) => left - right));
    expect(Math.max(...told)).toBeLessThanOrEqual(1);
  });

  test('takes no catalog that is ahead of the journals', async () => {
    const machine = await machineWith(5);
    const old = await machine.disk(0).copy();
    const kv = await machine.open();
    await machine.put(kv, key(5));
    machine.crash();
    for (const disk of machine.disks) await disk.replace(old);
    for (const [at, disk] of machine.disks.entries()) if (at > 0) await disk.replace(new Map());
    await expect(machine.open()).rejects.toMatchObject({ code: 'journal.missing' });
  });

  test('takes no catalog of another incarnation', async () => {
    const machine = await machineWith(5);
    machine.loseCatalog();
    const stray = new Machine(1);
    stray.file = machine.file;
    await stray.put(await stray.open(), 'stray');
    machine.file = machine.file.clone();
    await expect(machine.open()).rejects.toMatchObject({ code: 'catalog.damaged' });
  });

  test('needs a journal, and each in a failure domain of its own', async () => {
    const machine = new Machine(2);
    await expect(machine.open({ journals: [] })).rejects.toMatchObject({ code: 'request.invalid' });
    const journals = machine.places().map((place) => ({ ...place, domain: 'same' }));
    await expect(machine.open({ journals })).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('does not wait for a journal whose disk hangs while it is read', async () => {
    const machine = await machineWith(5);
    const before = machine.time.nowMs;
    machine.disk(1).schedule.force('read', 'hang', 2);
    const kv = await machine.open({ limits: { lookTimeoutMs: 400 } });
    expect(machine.time.nowMs - before).toBeLessThan(1000);
    expect(await keysOf(kv)).toEqual(keys(5));
    expect(statesOf(kv)[1]).toBe('missing');
  });

  test('is refused while another process has a journal', async () => {
    const machine = new Machine(3);
    const kv = await machine.open();
    await expect(machine.open()).rejects.toMatchObject({ code: 'volume.locked' });
    await machine.until(kv.close());
    await machine.open();
  });
});

test('what an earlier process wrote and did not know to be synced is written again', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const machine = await machineWith(2, 1);
    const first = await machine.open();
    machine.disk(0).schedule.force('sync', 'hang');
    const doubt = first.commit({ put: [{ key: utf8(key(2)), value: utf8('value') }] });
    doubt.catch(() => undefined);
    for (let steps = 0; steps < 3; steps++) await machine.time.step();
    machine.crash();
    const second = await machine.open();
    expect(await keysOf(second)).toEqual(keys(3));
    await machine.put(second, key(3));
    machine.cutPower(seed);
    machine.disk(0).heal();
    expect(await keysOf(await machine.open()), `seed ${seed}`).toEqual(keys(4));
  }
});

describe('with too few journals', () => {
  test('the start is refused, names volumes and paths, and succeeds when they return', async () => {
    const machine = await machineWith(5);
    machine.disk(1).goAway();
    machine.disk(2).goAway();
    const refusal = await machine.open().catch((error: CopysetError) => error);
    expect(refusal).toMatchObject({
      code: 'journal.missing',
      details: { needed: machine.ids.slice(1), paths: ['/disk1', '/disk2'] },
    });
    machine.disk(2).heal();
    expect(await keysOf(await machine.open())).toEqual(keys(5));
  });

  test('it waits for them when it is told to', async () => {
    const machine = await machineWith(5);
    machine.disk(1).goAway();
    machine.disk(2).goAway();
    let asked = 0;
    const waitFor = async () => {
      await machine.clock.sleep(1000);
      if (++asked === 3) machine.disk(1).heal();
    };
    expect(await keysOf(await machine.open({ waitFor }))).toEqual(keys(5));
    expect(asked).toBe(3);
  });

  test('the first start makes nothing', async () => {
    const machine = new Machine(3);
    machine.disk(2).goAway();
    await expect(machine.open()).rejects.toMatchObject({ code: 'journal.missing', details: { paths: ['/disk2'] } });
    machine.disk(2).heal();
    await machine.put(await machine.open(), 'key');
  });

  test('a loss can be accepted: what there is goes on in a new incarnation, and overrules what was away', async () => {
    const machine = await machineWith(5);
    machine.loseCatalog();
    machine.disk(1).goAway();
    machine.disk(2).goAway();
    const kv = await machine.open({ acceptLoss: true });
    expect(await keysOf(kv)).toEqual(keys(5));
    expect(kv.journalStatus().members).toEqual([machine.ids[0]]);
    expect(kv.journalStatus().setNumber).toBeGreaterThan(1);
    expect((await kv.status()).incarnation).not.toBe('first');
    await machine.put(kv, key(5));
    machine.crash();
    for (const disk of machine.disks) disk.heal();
    expect(await keysOf(await machine.open())).toEqual(keys(6));
  });

  test('a loss cannot be accepted where nothing can be reached', async () => {
    const machine = await machineWith(1);
    for (const disk of machine.disks) disk.goAway();
    await expect(machine.open({ acceptLoss: true })).rejects.toMatchObject({ code: 'journal.missing' });
  });

  test('accepting a loss changes nothing where nothing is lost', async () => {
    const machine = await machineWith(5);
    const kv = await machine.open({ acceptLoss: true });
    expect(await kv.status()).toMatchObject({ revision: 5, incarnation: 'first' });
  });
});

describe('a journal that lost something', () => {
  test.each([
    ['all of it', async (machine: Machine) => machine.disk(0).replace(new Map())],
    [
      'bytes in its middle',
      async ({ disks: [disk] }: Machine) =>
        disk?.memory.corrupt('log-000000000000002', 300, new Uint8Array(50).fill(7)),
    ],
    ['a file', async ({ disks: [disk] }: Machine) => disk?.memory.remove('log-000000000000002')],
    ['its snapshot', async ({ disks: [disk] }: Machine) => disk?.memory.remove('snapshot-000000000000000')],
  ])('%s is made whole from the others', async (_, wound) => {
    const machine = await machineWith(9);
    await wound(machine);
    const kv = await machine.open();
    expect(await keysOf(kv)).toEqual(keys(9));
    await machine.untilTrue(() => statesOf(kv).every((state) => state === 'ok'));
    machine.crash();
    machine.loseCatalog();
    await machine.disk(1).replace(new Map());
    expect(await keysOf(await machine.open())).toEqual(keys(9));
  });

  test('without others it is not shortened: the start is refused, unless the catalog has all of it', async () => {
    const machine = await machineWith(9, 1);
    const { file } = machine;
    machine.disk(0).memory.corrupt('log-000000000000002', 300, new Uint8Array(50).fill(7));
    machine.loseCatalog();
    await expect(machine.open()).rejects.toMatchObject({ code: 'journal.damaged', details: { paths: ['/disk0'] } });
    machine.file = file;
    const kv = await machine.open();
    expect(await keysOf(kv)).toEqual(keys(9));
    expect(await machine.until(kv.verifyJournals())).toMatchObject([{ state: 'intact', revision: 9, problems: [] }]);
  });

  test('an old copy put back is overruled, and brought up to date', async () => {
    const machine = await machineWith(4);
    const old = await machine.disk(0).copy();
    const kv = await machine.open();
    for (let at = 4; at < 9; at++) await machine.put(kv, key(at));
    machine.crash();
    await machine.disk(0).replace(old);
    await machine.open();
    machine.crash();
    machine.loseCatalog();
    await machine.disk(2).replace(new Map());
    expect(await keysOf(await machine.open())).toEqual(keys(9));
  });

  test('a snapshot that is damaged in its middle is passed over for that of another journal', async () => {
    const machine = new Machine(3, small);
    const first = await machine.open();
    for (let at = 0; at < 60; at++) await machine.put(first, key(at));
    await machine.untilTrue(() => first.journalStatus().places.every(({ bytes }) => bytes < 4500));
    machine.crash();
    machine.loseCatalog();
    const snapshots = (await machine.disk(0).memory.list('')).filter((name) => name.startsWith('snapshot-'));
    for (const name of snapshots) machine.disk(0).memory.corrupt(name, 400, new Uint8Array(9).fill(7));
    const kv = await machine.open();
    expect(await keysOf(kv)).toEqual(keys(60));
    const problems = async () => (await machine.until(kv.verifyJournals())).flatMap((one) => one.problems);
    expect(await problems()).not.toEqual([]);
    await machine.time.until(machine.clock.sleep(1000), 2000);
    expect(await problems()).toEqual([]);
  });
});
