import { describe, expect, test } from 'vitest';
import { present } from '../../../base/assert.ts';
import { utf8 } from '../../../base/bytes.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { type Random, seededRandom } from '../../../base/random.ts';
import { MemoryDisk } from '../../../disk/memory/memory-disk.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import type { IntactJournal } from '../core/recovery.ts';
import { type Content, contentOf, type EncodedRecord, encodeRecord } from '../format/record.ts';
import { type JournalView, readJournal } from './journal-view.ts';
import { type LogWriter, startLog } from './log-writer.ts';
import { readRecords } from './read-records.ts';
import { writeSnapshot } from './snapshot-file.ts';

const random = seededRandom(11);
const storeId = newId<StoreId>(random);
const journalId = newId<VolumeId>(random);
const set: JournalSet = { number: 1, members: [journalId] };
const term = { number: 1, nonce: newId(random) };
const origin: Point = {
  sequence: 0,
  term: { number: 0, nonce: '0000000000000000' },
  revision: 0,
  hash: new Uint8Array(32),
};

/** A journal that writes record after record, each synced alone, in files of `perFile` records. */
class Scribe {
  disk = new MemoryDisk();
  head = origin;
  readonly #perFile: number;
  #log: LogWriter | undefined;

  constructor(perFile = 4) {
    this.#perFile = perFile;
  }

  get place() {
    return { id: journalId, disk: this.disk, domain: 'a' };
  }

  async begin(): Promise<this> {
    const header = {
      storeId,
      journalId,
      point: origin,
      set,
      status: { revision: 0, trimmedTo: 0, incarnation: 'one' },
    };
    await writeSnapshot(this.disk, header, noEntries());
    return this;
  }

  async write(content: Content = batch(this.head.revision + 1)): Promise<void> {
    const { head } = this;
    const record = this.#record(content);
    const start = { place: this.place, storeId, set, previous: head, records: [record] };
    if (record.point.sequence % this.#perFile === 1) {
      this.#log = await startLog({ ...start, fileNumber: record.point.sequence });
    } else await present(this.#log, 'an open log').append([record]);
  }

  /** Several records under one sync, as a journal takes them that was behind. */
  async writeTogether(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => this.#record(batch(this.head.revision + 1)));
    await present(this.#log, 'an open log').append(records);
  }

  #record(content: Content): EncodedRecord {
    const record = encodeRecord({ storeId, previous: this.head, term, committed: this.head.sequence, content });
    this.head = record.point;
    return record;
  }

  view(): Promise<JournalView> {
    return readJournal(this.place, storeId);
  }
}

async function* noEntries(): AsyncGenerator<never> {}

function batch(revision: number): Content {
  const key = utf8(`key ${revision}`);
  return {
    kind: 'batch',
    changes: [{ revision, puts: [{ key, value: random.bytes(random.integer(700)) }], deletes: [key] }],
  };
}

async function scribeOf(records: number, perFile = 4): Promise<Scribe> {
  const scribe = await new Scribe(perFile).begin();
  for (let at = 0; at < records; at++) await scribe.write();
  return scribe;
}

function intact({ report }: JournalView): IntactJournal {
  expect(report.state).toBe('intact');
  return report as IntactJournal;
}

/** Somewhere in the log files. */
async function corruptSomewhere({ disk }: Scribe, chance: Random): Promise<{ name: string; at: number }> {
  const names = (await disk.list('')).filter((name) => name.startsWith('log-'));
  const name = present(names[chance.integer(names.length)], 'a log file');
  const bytes = (await disk.stat(name))?.bytes ?? 0;
  const at = chance.integer(bytes);
  disk.corrupt(name, at, chance.bytes(1));
  return { name, at };
}

test('a journal is read as it was written, record for record', async () => {
  const scribe = await scribeOf(10);
  const { tail, base, committed, chain, runs } = intact(await scribe.view());
  expect({ tail, base, committed, chain }).toEqual({
    tail: scribe.head,
    base: origin,
    committed: 9,
    chain: { after: 0, revision: 0 },
  });
  expect(runs).toEqual([
    { term: origin.term, last: 0 },
    { term, last: 10 },
  ]);
  const { files } = await scribe.view();
  const revisions: number[] = [];
  for await (const record of readRecords({ place: scribe.place, storeId, files, after: 3, until: 9 })) {
    const content = contentOf(record);
    if (content.kind === 'batch') revisions.push(...content.changes.map(({ revision }) => revision));
  }
  expect(revisions).toEqual([4, 5, 6, 7, 8, 9]);
});

test('records that a snapshot covers belong to the chain as long as they are there', async () => {
  const scribe = await scribeOf(10);
  const header = {
    storeId,
    journalId,
    point: scribe.head,
    set,
    status: { revision: 10, trimmedTo: 0, incarnation: 'one' },
  };
  await writeSnapshot(scribe.disk, header, noEntries());
  await scribe.write();
  expect(intact(await scribe.view())).toMatchObject({
    base: { sequence: 10 },
    tail: { sequence: 11 },
    chain: { after: 0 },
  });
  await scribe.disk.remove('log-000000000000005');
  expect(intact(await scribe.view())).toMatchObject({ tail: { sequence: 11 }, chain: { after: 8, revision: 8 } });
});

test('a power cut at any moment leaves an intact journal that holds all that was synced', async () => {
  for (let seed = 0; seed < 200; seed++) {
    const chance = seededRandom(seed);
    const scribe = await scribeOf(1 + chance.integer(9));
    const synced = scribe.head.sequence;
    const writing = scribe.write();
    for (let turns = chance.integer(40); turns > 0; turns--) await Promise.resolve();
    scribe.disk = scribe.disk.powerCut(chance);
    await Promise.allSettled([writing]);
    const { tail } = intact(await scribe.view());
    expect(tail.sequence, `seed ${seed}`).toBeGreaterThanOrEqual(synced);
  }
});

test('several records under one sync, torn in any way, are a torn tail and no damage', async () => {
  let survivors = 0;
  for (let seed = 0; seed < 200; seed++) {
    const chance = seededRandom(seed);
    const scribe = await scribeOf(1, 100);
    const writing = scribe.writeTogether(12);
    for (let turns = chance.integer(8); turns > 0; turns--) await Promise.resolve();
    scribe.disk = scribe.disk.powerCut(chance);
    await Promise.allSettled([writing]);
    const view = await scribe.view();
    expect(intact(view).tail.sequence, `seed ${seed}`).toBeGreaterThanOrEqual(1);
    if (view.problems.length > 0) survivors++;
  }
  expect(survivors).toBeGreaterThan(5);
});

test('damage is never taken for the end of the log: at most the newest record looks torn', async () => {
  let damaged = 0;
  for (let seed = 0; seed < 150; seed++) {
    const chance = seededRandom(seed);
    const scribe = await scribeOf(10);
    const { name, at } = await corruptSomewhere(scribe, chance);
    const { report } = await scribe.view();
    if (report.state === 'intact') expect(report.tail.sequence, `seed ${seed}: ${name} at ${at}`).toBeGreaterThan(8);
    else damaged++;
    if (report.state === 'damaged') expect([9, 10]).toContain(report.reached?.sequence);
  }
  expect(damaged).toBeGreaterThan(75);
});

describe('damage', () => {
  test('of a whole file, by its absence, is damage', async () => {
    const scribe = await scribeOf(10);
    await scribe.disk.remove('log-000000000000005');
    expect((await scribe.view()).report).toMatchObject({ state: 'damaged', reached: { sequence: 10 }, committed: 9 });
  });

  test('of a header alone is told, and harms nothing', async () => {
    const scribe = await scribeOf(10);
    scribe.disk.corrupt('log-000000000000005', 20, new Uint8Array(4).fill(0xaa));
    const view = await scribe.view();
    expect(intact(view).tail.sequence).toBe(10);
    expect(view.problems).toEqual([{ file: 'log-000000000000005', problem: 'the header is damaged' }]);
  });

  test('of the snapshot leaves nothing to begin with', async () => {
    const scribe = await scribeOf(3);
    scribe.disk.corrupt('snapshot-000000000000000', 30, new Uint8Array(4).fill(0xaa));
    expect((await scribe.view()).report).toMatchObject({ state: 'damaged', reached: { sequence: 3 }, sets: [{ set }] });
  });
});

test('a later file supersedes what an earlier one holds from there on', async () => {
  const scribe = await scribeOf(7, 100);
  const fork = intact(await scribe.view());
  const previous = await pointAt(scribe, 5);
  const other = { number: 2, nonce: newId(random) };
  const record = encodeRecord({ storeId, previous, term: other, committed: 4, content: { kind: 'term' } });
  const log = await startLog({ place: scribe.place, storeId, fileNumber: 9, previous, set, records: [record] });
  await log.close();
  expect(fork.tail.sequence).toBe(7);
  expect(intact(await scribe.view())).toMatchObject({
    tail: { sequence: 6, term: other },
    runs: [{ last: 0 }, { last: 5 }, { last: 6 }],
  });
});

async function pointAt(scribe: Scribe, sequence: number): Promise<Point> {
  const { files } = await scribe.view();
  const records = readRecords({ place: scribe.place, storeId, files, after: sequence - 1, until: sequence });
  const { value } = await records.next();
  return present(value, 'a record').point;
}

test('a directory of another store or volume is refused', async () => {
  const scribe = await scribeOf(2);
  await expect(readJournal(scribe.place, newId(random))).rejects.toMatchObject({ code: 'volume.foreign' });
  await expect(readJournal({ ...scribe.place, id: newId(random) }, storeId)).rejects.toMatchObject({
    code: 'volume.foreign',
  });
});

test('an empty directory is no journal', async () => {
  expect((await new Scribe().view()).report).toEqual({ id: journalId, state: 'empty' });
});
