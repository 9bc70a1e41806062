import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { systemRandom } from '../../../base/random.ts';
import { keysOf, Machine, statesOf } from '../simulation/machine.conformance.ts';

const limits = { rotateBytes: 2000, snapshotBytes: 6000, syncTimeoutMs: 500, tendMs: 100, maxBacklogBytes: 4000 };

async function filled(keys = 3) {
  const machine = new Machine(3, limits);
  const kv = await machine.open();
  for (let at = 0; at < keys; at++) await machine.put(kv, `key ${at}`);
  return { machine, kv };
}

/** The catalog and all journals but one are gone: that one alone must do. */
async function survivor(machine: Machine, at: number): Promise<string[]> {
  machine.crash();
  machine.loseCatalog();
  for (const disk of machine.disks) if (disk !== machine.disk(at)) disk.goAway();
  const kv = await machine.open({ acceptLoss: true });
  return keysOf(kv);
}

describe('a journal whose sync fails', () => {
  test('is not used again before it was copied anew, and holds nobody', async () => {
    const { machine, kv } = await filled();
    machine.disk(1).schedule.force('sync', 'error');
    const before = machine.time.nowMs;
    await machine.put(kv, 'during');
    expect(machine.time.nowMs).toBe(before);
    await machine.untilTrue(() => statesOf(kv)[1] === 'failed');
    expect(kv.journalStatus().places[1]).toMatchObject({ syncedRevision: undefined, path: '/disk1' });
    await machine.put(kv, 'after');
    await machine.untilTrue(() => statesOf(kv)[1] === 'ok');
    expect(await survivor(machine, 1)).toEqual(['after', 'during', 'key 0', 'key 1', 'key 2']);
  });

  test('takes its unsynced bytes with it: the copy is written from scratch', async () => {
    const { machine, kv } = await filled();
    const files = await machine.disk(1).memory.list('');
    machine.disk(1).schedule.force('sync', 'error');
    await machine.put(kv, 'during');
    await machine.untilTrue(() => statesOf(kv)[1] === 'failed');
    await machine.untilTrue(() => statesOf(kv)[1] === 'ok');
    const left = await machine.disk(1).memory.list('');
    expect(left.filter((name) => files.includes(name))).toEqual(['lock']);
  });
});

describe('a journal that hangs', () => {
  test('holds nobody, lags, and is copied anew when its disk comes back', async () => {
    const { machine, kv } = await filled();
    machine.disk(2).schedule.force('sync', 'hang');
    const before = machine.time.nowMs;
    for (let at = 3; at < 6; at++) await machine.put(kv, `key ${at}`);
    expect(machine.time.nowMs).toBe(before);
    expect(statesOf(kv)).toEqual(['ok', 'ok', 'ok']);
    await machine.time.until(machine.clock.sleep(600), 1000);
    await machine.put(kv, 'late');
    expect(statesOf(kv)).toEqual(['ok', 'ok', 'lagging']);
    machine.disk(2).schedule.release();
    await machine.untilTrue(() => statesOf(kv)[2] === 'ok');
    expect(await survivor(machine, 2)).toEqual(['key 0', 'key 1', 'key 2', 'key 3', 'key 4', 'key 5', 'late']);
  });

  test('is given up when more waits for it than the bound', async () => {
    const { machine, kv } = await filled();
    machine.disk(2).schedule.force('sync', 'hang');
    for (let at = 0; at < 5; at++) await machine.put(kv, `key ${at}`, 'x'.repeat(1000));
    expect(statesOf(kv)).toEqual(['ok', 'ok', 'lagging']);
  });

  test('does not hold the end of the store', async () => {
    const { machine, kv } = await filled();
    machine.disk(2).schedule.force('sync', 'hang');
    await machine.put(kv, 'key');
    await machine.until(kv.close());
    await expect(kv.commit({})).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a directory that is removed under the store', () => {
  test('is missed at the next commit, and made again when it is there, empty', async () => {
    const { machine, kv } = await filled();
    for (const name of await machine.disk(0).memory.list('')) await machine.disk(0).memory.remove(name);
    await machine.put(kv, 'key');
    await machine.untilTrue(() => statesOf(kv)[0] === 'missing');
    await machine.untilTrue(() => statesOf(kv)[0] === 'ok');
    expect(await survivor(machine, 0)).toEqual(['key', 'key 0', 'key 1', 'key 2']);
  });
});

describe('when too few journals can be written', () => {
  test('the commit is in doubt, others are refused, reads go on, and it recovers by itself', async () => {
    const { machine, kv } = await filled();
    for (const at of [0, 1]) machine.disk(at).goAway();
    await expect(machine.put(kv, 'doubt')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    expect(await keysOf(kv)).toEqual(['key 0', 'key 1', 'key 2']);
    await machine.time.until(machine.clock.sleep(5000), 6000);
    await expect(machine.put(kv, 'refused')).rejects.toMatchObject({ code: 'read_only' });
    expect(kv.journalStatus().readOnly).toMatch(/too few journals/);
    expect(await keysOf(kv)).toEqual(['key 0', 'key 1', 'key 2']);
    machine.disk(0).heal();
    await machine.untilTrue(() => kv.journalStatus().readOnly === undefined);
    expect(kv.journalStatus().term).toBeGreaterThan(1);
    await machine.put(kv, 'key 3');
    expect(await keysOf(kv)).toEqual(['doubt', 'key 0', 'key 1', 'key 2', 'key 3']); // the third journal had it
  });

  test('what a journal held before a recovery counts for nothing in it', async () => {
    const { machine, kv } = await filled();
    for (const at of [0, 1]) await machine.disk(at).fill(0);
    for (const at of [0, 1]) machine.disk(at).schedule.force('write', 'delay');
    await expect(machine.put(kv, 'doubt')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    machine.disk(2).goAway(); // it alone has the record, and is not asked any more
    for (const at of [0, 1]) machine.disk(at).heal();
    machine.disk(1).schedule.force('rename', 'hang');
    await machine.time.until(machine.clock.sleep(3000), 4000);
    await expect(machine.put(kv, 'on one journal alone')).rejects.toMatchObject({ code: 'read_only' });
  });

  test('a commit does not wait longer than the time-out', async () => {
    const { machine, kv } = await filled();
    for (const at of [0, 1]) machine.disk(at).schedule.force('sync', 'hang');
    await expect(machine.put(kv, 'doubt')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    expect(machine.time.nowMs).toBeLessThan(1000);
    for (const disk of machine.disks) disk.schedule.release();
    await machine.untilTrue(() => kv.journalStatus().readOnly === undefined);
    await machine.put(kv, 'key');
  });

  test('a store that waits for its journals can be closed', async () => {
    const { machine, kv } = await filled();
    for (const disk of machine.disks) disk.goAway();
    await expect(machine.put(kv, 'doubt')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    await machine.until(kv.close());
  });
});

describe('full disks', () => {
  const reserve = { reserveBytes: 4000, fullPutBytes: 100, snapshotBytes: 100_000, retryMs: 10 };
  const put = (key: string) => ({ put: [{ key: utf8(key), value: new Uint8Array(50) }] });

  async function full(disks: number) {
    const machine = new Machine(3, { ...limits, ...reserve });
    const kv = await machine.open();
    for (let at = 0; at < 10; at++) await machine.put(kv, `key ${at}`);
    for (let at = 0; at < disks; at++) await machine.disk(at).fill(100);
    return { machine, kv };
  }

  test('one alone is left out until it has room', async () => {
    const { machine, kv } = await full(1);
    await machine.put(kv, 'more');
    await machine.untilTrue(() => statesOf(kv)[0] === 'failed');
    await machine.put(kv, 'and more');
    expect(kv.journalStatus().isFull).toBe(false);
    machine.disk(0).heal();
    await machine.untilTrue(() => statesOf(kv)[0] === 'ok');
  });

  test('all: only commits that delete are taken, on the room of the reserve, until there is room again', async () => {
    const { machine, kv } = await full(3);
    await expect(machine.put(kv, 'doubt')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    await machine.untilTrue(() => kv.journalStatus().readOnly === undefined);
    expect(kv.journalStatus().isFull).toBe(true);
    await expect(machine.until(kv.commit(put('refused')))).rejects.toMatchObject({ code: 'disk.full' });
    const large = { ...put('large'), delete: [utf8('key 1')], expect: [] };
    large.put[0]?.value.fill(1);
    await machine.until(kv.commit({ delete: [utf8('key 0')] }));
    await machine.until(kv.commit(large));
    const tooLarge = { put: [{ key: utf8('x'), value: new Uint8Array(100) }], delete: [utf8('key 2')] };
    await expect(machine.until(kv.commit(tooLarge))).rejects.toMatchObject({ code: 'disk.full' });
    for (const disk of machine.disks) disk.heal();
    await machine.untilTrue(() => !kv.journalStatus().isFull);
    await machine.until(kv.commit(put('key')));
    expect(await keysOf(kv)).not.toContain('refused');
  });

  test('a start on full disks is given the reserve', async () => {
    const { machine } = await full(3);
    machine.crash();
    const kv = await machine.open();
    await machine.until(kv.commit({ delete: [utf8('key 0')] }));
    expect(kv.journalStatus().isFull).toBe(true);
  });
});

test('the log is bounded: snapshots are taken and what they cover is removed, everywhere', async () => {
  const { machine, kv } = await filled(0);
  for (let at = 0; at < 300; at++) {
    await machine.put(kv, `key ${at % 7}`, systemRandom.bytes(50).toString());
    if (at % 20 === 0) await machine.time.until(machine.clock.sleep(150), 1000);
  }
  await machine.time.until(machine.clock.sleep(1000), 2000);
  for (const disk of machine.disks) {
    const names = await disk.memory.list('');
    expect(names.filter((name) => name.startsWith('snapshot-'))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('log-')).length).toBeLessThan(8);
    expect((await disk.memory.space()).totalBytes - (await disk.memory.space()).freeBytes).toBeLessThan(25_000);
  }
  machine.crash();
  machine.loseCatalog();
  expect(await keysOf(await machine.open())).toHaveLength(7);
});

test('so are the log files of a store that starts often and writes little', async () => {
  const machine = new Machine(3, { ...limits, maxLogFiles: 5 });
  for (let start = 0; start < 20; start++) {
    const kv = await machine.open();
    await machine.time.until(machine.clock.sleep(400), 1000);
    await machine.until(kv.close());
    for (const disk of machine.disks) {
      const logs = (await disk.memory.list('')).filter((name) => name.startsWith('log-'));
      expect(logs.length).toBeLessThan(10);
    }
  }
});
