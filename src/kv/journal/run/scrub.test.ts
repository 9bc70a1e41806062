import { describe, expect, test } from 'vitest';
import { present } from '../../../base/assert.ts';
import { CopysetError } from '../../../base/errors.ts';
import type { JournaledKv } from '../journaled-kv.ts';
import { keysOf, Machine, statesOf } from '../simulation/machine.conformance.ts';
import type { JournalScrub } from './scrub.ts';

const limits = { rotateBytes: 500, snapshotBytes: 3000, syncTimeoutMs: 500, tendMs: 100 };
const pace = { bytesPerSecond: 1_000_000 };
const garbage = new Uint8Array(20).fill(0xaa);

type Running = { readonly machine: Machine; readonly kv: JournaledKv };

/** Several log files in each of three journals, behind the first snapshot. */
async function running(keys = 9): Promise<Running> {
  const machine = new Machine(3, limits);
  const kv = await machine.open();
  for (let at = 0; at < keys; at++) await machine.put(kv, `key ${at}`);
  return { machine, kv };
}

async function scrubbed({ machine, kv }: Running): Promise<JournalScrub['outcome'][]> {
  return (await machine.until(kv.scrubJournals(pace))).map(({ outcome }) => outcome);
}

async function healed({ machine, kv }: Running): Promise<void> {
  const isWell = () => kv.journalStatus().places.every(({ state, damage }) => state === 'ok' && damage === undefined);
  await machine.untilTrue(isWell);
  const verified = await machine.until(kv.verifyJournals());
  for (const { state, problems } of verified) expect({ state, problems }).toEqual({ state: 'intact', problems: [] });
  expect(await scrubbed({ machine, kv })).toEqual(['whole', 'whole', 'whole']);
}

/** The process is killed, and the catalog and as many other journals as may be are lost: this one must do with one. */
async function startsWith({ machine, kv }: Running, at: number): Promise<void> {
  const keys = await keysOf(kv);
  expect(kv.journalStatus().readOnly).toBeUndefined();
  machine.crash();
  machine.loseCatalog();
  machine.disk((at + 1) % 3).goAway();
  const next = await machine.open();
  expect(await keysOf(next)).toEqual(keys);
  await machine.put(next, 'goes on');
  machine.crash();
  machine.loseCatalog();
  for (const other of [at + 1, at + 2]) machine.disk(other % 3).goAway();
  const last = await machine.open({ acceptLoss: true });
  expect(await keysOf(last)).toEqual([...keys, 'goes on'].toSorted());
}

async function logsOf(machine: Machine, at: number): Promise<string[]> {
  return (await machine.disk(at).memory.list('')).filter((name) => name.startsWith('log-'));
}

async function currentLog(machine: Machine, at: number): Promise<string> {
  return present((await logsOf(machine, at)).at(-1), 'a log file');
}

async function snapshotOf(machine: Machine, at: number): Promise<string> {
  const names = await machine.disk(at).memory.list('');
  return present(
    names.findLast((name) => name.startsWith('snapshot-')),
    'a snapshot',
  );
}

async function bytesOf(machine: Machine, at: number, name: string): Promise<number> {
  return (await machine.disk(at).memory.stat(name))?.bytes ?? 0;
}

test('whole journals are not damaged, while commits go on and files come and go', async () => {
  const { machine, kv } = await running();
  const writing = async () => {
    for (let at = 0; at < 200; at++) {
      await kv.commit({ put: [{ key: Buffer.from(`more ${at % 20}`), value: Buffer.alloc(100, at) }] });
      if (at % 10 === 0) await machine.clock.sleep(50);
    }
  };
  const written = writing();
  const outcomes: JournalScrub['outcome'][] = [];
  for (let round = 0; round < 20; round++) {
    const scrubs = await machine.until(kv.scrubJournals({ bytesPerSecond: 20_000 }));
    outcomes.push(...scrubs.map(({ outcome }) => outcome));
  }
  await machine.until(written);
  expect(outcomes).not.toContain('damaged');
  expect(outcomes.filter((one) => one === 'whole').length).toBeGreaterThan(50); // of 60: files go faster than it reads
  expect((await machine.disk(0).memory.list('')).includes('snapshot-000000000000000')).toBe(false); // files did go
});

describe('damage is found, and healed without the journal leaving the log:', () => {
  const kinds: Readonly<Record<string, (machine: Machine, at: number) => Promise<void>>> = {
    'a record in an older log file': async (machine, at) =>
      machine.disk(at).memory.corrupt(present((await logsOf(machine, at))[1], 'a log file'), 300, garbage),
    'the header of an older log file': async (machine, at) =>
      machine.disk(at).memory.corrupt(present((await logsOf(machine, at))[1], 'a log file'), 20, garbage),
    'a record in the file that is written': async (machine, at) =>
      machine.disk(at).memory.corrupt(await currentLog(machine, at), 200, garbage),
    'the newest record': async (machine, at) => {
      const name = await currentLog(machine, at);
      machine.disk(at).memory.corrupt(name, (await bytesOf(machine, at, name)) - 30, garbage);
    },
    'the end of the file that is written, cut off': async (machine, at) => {
      const name = await currentLog(machine, at);
      const file = await machine.disk(at).memory.open(name, 'write');
      await file.truncate((await bytesOf(machine, at, name)) - 30);
      await file.close();
    },
    'the beginning of a snapshot': async (machine, at) =>
      machine.disk(at).memory.corrupt(await snapshotOf(machine, at), 30, garbage.subarray(0, 4)),
    'the middle of a snapshot': async (machine, at) =>
      machine.disk(at).memory.corrupt(await snapshotOf(machine, at), 180, garbage.subarray(0, 2)),
    'an older log file, removed': async (machine, at) =>
      machine.disk(at).memory.remove(present((await logsOf(machine, at))[1], 'a log file')),
    'the snapshot, removed': async (machine, at) => machine.disk(at).memory.remove(await snapshotOf(machine, at)),
  };

  test.each(Object.entries(kinds))('%s', async (_, harm) => {
    const { machine, kv } = await running();
    await harm(machine, 1);
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'damaged', 'whole']);
    expect(statesOf(kv)).toEqual(['ok', 'ok', 'ok']);
    expect(kv.journalStatus().places[1]?.damage?.found).toMatch(/log-|snapshot|records/);
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 1);
  });

  test.each(Object.entries(kinds))('in all journals at once, while commits go on: %s', async (_, harm) => {
    const { machine, kv } = await running();
    for (const at of [0, 1, 2]) await harm(machine, at);
    const scrubbing = scrubbed({ machine, kv });
    for (let at = 0; at < 5; at++) await machine.put(kv, `meanwhile ${at}`);
    expect(await scrubbing).toEqual(['damaged', 'damaged', 'damaged']);
    const before = machine.time.nowMs;
    for (let at = 5; at < 10; at++) await machine.put(kv, `meanwhile ${at}`);
    expect(machine.time.nowMs - before).toBeLessThan(limits.tendMs);
    expect(kv.journalStatus().term).toBe(1);
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 2);
  });

  test('in the only journal of a store', async () => {
    const machine = new Machine(1, limits);
    const kv = await machine.open();
    for (let at = 0; at < 9; at++) await machine.put(kv, `key ${at}`);
    machine.disk(0).memory.corrupt('log-000000000000002', 300, garbage);
    expect(await scrubbed({ machine, kv })).toEqual(['damaged']);
    await machine.untilTrue(() => kv.journalStatus().places[0]?.damage === undefined);
    const keys = await keysOf(kv);
    machine.crash();
    machine.loseCatalog();
    expect(await keysOf(await machine.open())).toEqual(keys);
  });

  test('in a snapshot that covers everything there is', async () => {
    const { machine, kv } = await running(60);
    await machine.time.until(machine.clock.sleep(1000), 2000);
    machine.disk(0).memory.corrupt(await snapshotOf(machine, 0), 300, garbage); // at the very end of the log
    expect(await scrubbed({ machine, kv })).toContain('damaged');
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 0);
  });
});

describe('a journal that leads nowhere any more', () => {
  test.each(['one', 'all but one', 'all'])('is made again before the next commit: %s', async (which) => {
    const { machine, kv } = await running();
    const count = { one: 1, 'all but one': 2, all: 3 }[which] ?? 0;
    for (let at = 0; at < count; at++) await machine.disk(at).removeFiles();
    expect(await scrubbed({ machine, kv })).toEqual([0, 1, 2].map((at) => (at < count ? 'damaged' : 'whole')));
    expect(statesOf(kv)).toEqual([0, 1, 2].map((at) => (at < count ? 'missing' : 'ok')));
    await healed({ machine, kv });
    await machine.put(kv, 'after');
    expect(kv.journalStatus().term).toBe(1);
    await startsWith({ machine, kv }, 0);
  });

  test('is made again when its directory is there again, and the others go on', async () => {
    const { machine, kv } = await running();
    machine.disk(2).goAway();
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'whole', 'damaged']);
    await machine.put(kv, 'meanwhile');
    machine.disk(2).heal();
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 2);
  });

  test('so does one whose files are those of another journal', async () => {
    const { machine, kv } = await running();
    const other = await machine.disk(0).copy();
    for (const [name, bytes] of other) {
      const file = await machine.disk(1).memory.open(name, 'create');
      await file.write([bytes], 0);
      await file.close();
    }
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'damaged', 'whole']);
    expect(kv.journalStatus().places[1]?.reason).toMatch(/holds journal/);
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 1);
  });
});

describe('a disk', () => {
  test('that hangs while it is scrubbed is given up for now, and holds neither the others nor commits', async () => {
    for (const call of ['stat', 'list', 'open', 'size', 'read']) {
      const { machine, kv } = await running();
      machine.disk(1).schedule.force(call, 'hang');
      expect([call, await scrubbed({ machine, kv })]).toEqual([call, ['whole', 'unread', 'whole']]);
      await machine.put(kv, 'meanwhile');
      expect(statesOf(kv)).toEqual(['ok', 'ok', 'ok']);
      machine.disk(1).schedule.release();
      await healed({ machine, kv });
      await startsWith({ machine, kv }, 1);
    }
  });

  test('on which a bit flipped while it was read has no damage', async () => {
    const { machine, kv } = await running();
    machine.disk(1).schedule.force('read', 'flip', 2);
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'whole', 'whole']);
  });

  test('that cannot read a file has lost it', async () => {
    const { machine, kv } = await running();
    for (let nth = 1; nth < 5; nth++) machine.disk(1).schedule.force('open', 'error', nth);
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'damaged', 'whole']);
    expect(kv.journalStatus().places[1]?.damage?.found).toMatch(/open/);
  });

  test('that is full keeps the damage, says so, and is healed when there is room', async () => {
    const { machine, kv } = await running();
    machine.disk(1).memory.corrupt('log-000000000000002', 300, garbage);
    await machine.disk(1).fill(400);
    expect(await scrubbed({ machine, kv })).toEqual(['whole', 'damaged', 'whole']);
    await machine.untilTrue(() => kv.journalStatus().places[1]?.damage?.obstacle !== undefined);
    expect(kv.journalStatus().places[1]?.damage?.obstacle).toMatch(/no space/);
    machine.disk(1).heal();
    await healed({ machine, kv });
    await startsWith({ machine, kv }, 1);
  });
});

test('a journal that takes no part is not read, nor is one that stops doing so meanwhile', async () => {
  const { machine, kv } = await running();
  machine.disk(0).schedule.force('sync', 'error');
  await machine.put(kv, 'during');
  await machine.untilTrue(() => statesOf(kv)[0] === 'failed');
  expect(await scrubbed({ machine, kv })).toEqual(['unread', 'whole', 'whole']);
  await machine.untilTrue(() => statesOf(kv)[0] === 'ok');
  const read = { bytes: 0 };
  const scrubbing = kv.scrubJournals({ bytesPerSecond: 1000, onRead: (bytes) => Object.assign(read, { bytes }) });
  await machine.untilTrue(() => read.bytes > 0);
  machine.disk(0).schedule.force('sync', 'error');
  await machine.put(kv, 'again');
  expect((await machine.until(scrubbing))[0]).toMatchObject({ outcome: 'unread' });
});

test('a scrub reads no more in a second than it may, and ends when it is told to or the store is closed', async () => {
  const { machine, kv } = await running();
  const bytes = kv.journalStatus().places.reduce((sum, place) => sum + place.bytes, 0);
  const began = machine.time.nowMs;
  await machine.until(kv.scrubJournals({ bytesPerSecond: 1000 }));
  expect(machine.time.nowMs - began).toBeGreaterThanOrEqual(bytes);
  const stop = new AbortController();
  const stopped = kv.scrubJournals({ bytesPerSecond: 1, signal: stop.signal });
  const closed = kv.scrubJournals({ bytesPerSecond: 1 });
  const outcomes = Promise.allSettled([stopped, closed]);
  stop.abort(new CopysetError('closed', 'enough'));
  await machine.until(kv.close());
  expect(await machine.until(outcomes)).toMatchObject([
    { status: 'rejected', reason: { code: 'closed' } },
    { status: 'rejected', reason: { code: 'closed' } },
  ]);
  await expect(kv.scrubJournals(pace)).rejects.toMatchObject({ code: 'closed' });
});
