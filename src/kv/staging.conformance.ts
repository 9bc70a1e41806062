/** Why: what staging.ts promises in words, as tests, for the drivers that the journal may be put over. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { commitArbitrary } from './conformance/model.conformance.ts';
import type { Change, Entry, Kv, Put } from './kv.ts';
import { MemoryKv } from './memory/memory-kv.ts';
import type { KvSnapshot, StagingKv } from './staging.ts';

/** `open` gives a new, empty store each time. */
export function stagingConformance(name: string, open: () => Promise<StagingKv>, options: { runs: number }): void {
  const withKv = (work: (kv: StagingKv) => Promise<void>) => async () => {
    const kv = await open();
    try {
      await work(kv);
    } finally {
      await kv.close();
    }
  };
  describe(`${name}: staging`, () => {
    batches(withKv);
    turns(withKv);
    replays(withKv, open);
    snapshots(withKv);
    restores(withKv, open);
    comparison(withKv, options.runs);
  });
}

type WithKv = (work: (kv: StagingKv) => Promise<void>) => () => Promise<void>;

function batches(withKv: WithKv): void {
  test(
    'nobody sees a staged batch before it is accepted',
    withKv(async (kv) => {
      await kv.commit({ put: [put('a', 'old')] });
      const before = await picture(kv);
      let announced = false;
      const announcement = kv.changed(1).then(() => {
        announced = true;
      });
      const batch = await kv.stage([{ put: [put('a', 'new')] }, { put: [put('b', '1')], delete: [utf8('a')] }]);
      expect(await picture(kv)).toEqual(before);
      expect(announced).toBe(false);
      await batch.accept();
      await announcement;
      expect((await picture(kv)).entries).toEqual([{ ...put('b', '1'), revision: 3 }]);
      expect(await kv.changes(1, 10)).toEqual(batch.changes);
    }),
  );

  test(
    'later commits of a batch see the earlier ones',
    withKv(async (kv) => {
      const absent = { kind: 'absent', key: utf8('a') } as const;
      const one = { kind: 'value', ...put('a', '1') } as const;
      const batch = await kv.stage([
        { expect: [absent], put: [put('a', '1')] },
        { expect: [one, absent], put: [put('b', '1')] },
        { expect: [one], delete: [utf8('a')] },
        { delete: [utf8('a')] },
        { expect: [{ kind: 'empty-range', from: utf8('a'), to: utf8('z') }] },
      ]);
      expect(batch.results).toEqual([
        { committed: true, revision: 1 },
        { committed: false, failed: 1 },
        { committed: true, revision: 2 },
        { committed: true, revision: 2 },
        { committed: true, revision: 2 },
      ]);
      expect(batch.changes).toEqual([
        { revision: 1, puts: [put('a', '1')], deletes: [] },
        { revision: 2, puts: [], deletes: [utf8('a')] },
      ]);
      await batch.accept();
      expect(await kv.status()).toMatchObject({ revision: 2 });
    }),
  );

  test(
    'after discard nothing of a batch happened, and its revisions are free again',
    withKv(async (kv) => {
      await kv.commit({ put: [put('a', '1'), put('b', '2')] });
      const before = await picture(kv);
      const batch = await kv.stage([{ put: [put('a', '9')], delete: [utf8('b')] }, { put: [put('c', '3')] }]);
      await batch.discard();
      expect(await picture(kv)).toEqual(before);
      expect(await kv.commit({ put: [put('c', '4')] })).toEqual({ committed: true, revision: 2 });
    }),
  );

  test(
    'reads of one key give what was accepted last, before, while and after a batch is staged, accepted or discarded',
    withKv(async (kv) => {
      const read = async () => (await kv.get(utf8('a')))?.value;
      for (let turn = 0; turn < 3; turn++) {
        const [old, unborn, fresh] = [`old ${turn}`, `unborn ${turn}`, `fresh ${turn}`];
        await kv.commit({ put: [put('a', old)] });
        expect(await read()).toEqual(utf8(old));
        const discarded = await kv.stage([{ put: [put('a', unborn)] }]);
        expect(await read()).toEqual(utf8(old));
        const [, during] = await Promise.all([discarded.discard(), read()]);
        expect([during, await read()]).toEqual([utf8(old), utf8(old)]);
        const accepted = await kv.stage([{ put: [put('a', fresh)] }]);
        const before = read();
        const acceptance = accepted.accept();
        const meanwhile = read();
        expect(await before).toEqual(utf8(old));
        expect([utf8(old), utf8(fresh)]).toContainEqual(await meanwhile);
        await acceptance;
        expect(await read()).toEqual(utf8(fresh));
      }
    }),
  );

  test(
    'a batch ends once',
    withKv(async (kv) => {
      const batch = await kv.stage([{ put: [put('a', '1')] }]);
      await batch.accept();
      await expect(batch.accept()).rejects.toMatchObject({ code: 'bug' });
      await expect(batch.discard()).rejects.toMatchObject({ code: 'bug' });
      expect(await kv.status()).toMatchObject({ revision: 1 });
    }),
  );

  test(
    'one commit beyond the limits refuses its whole batch, before it begins',
    withKv(async (kv) => {
      const long = { key: new Uint8Array(kv.limits.maxKeyBytes + 1), value: utf8('1') };
      await expect(kv.stage([{ put: [put('a', '1')] }, { put: [long] }])).rejects.toMatchObject({
        code: 'request.too_large',
      });
      expect(await kv.commit({ put: [put('b', '1')] })).toEqual({ committed: true, revision: 1 });
    }),
  );
}

function turns(withKv: WithKv): void {
  test(
    'one batch at a time: others wait for its end and then see it',
    withKv(async (kv) => {
      const first = await kv.stage([{ put: [put('a', '1')] }]);
      const order: string[] = [];
      const second = kv.stage([{ expect: [{ kind: 'value', ...put('a', '1') }], put: [put('b', '2')] }]);
      const waited = second.then(() => order.push('second staged'));
      const third = kv.commit({ put: [put('c', '3')] });
      await new Promise(setImmediate);
      order.push('first ends');
      await first.accept();
      await waited;
      await (await second).accept();
      expect(order).toEqual(['first ends', 'second staged']);
      expect((await second).results).toEqual([{ committed: true, revision: 2 }]);
      expect(await third).toEqual({ committed: true, revision: 3 });
    }),
  );

  test(
    'a stage given up while it waits leaves the turn to the next',
    withKv(async (kv) => {
      const first = await kv.stage([{ put: [put('a', '1')] }]);
      const abort = new AbortController();
      const second = kv.stage([{ put: [put('b', '2')] }], { signal: abort.signal });
      abort.abort();
      await expect(second).rejects.toMatchObject({ code: 'request.aborted' });
      await first.discard();
      expect(await kv.commit({ put: [put('c', '3')] })).toEqual({ committed: true, revision: 1 });
    }),
  );
}

function replays(withKv: WithKv, open: () => Promise<StagingKv>): void {
  test(
    'changes replayed into another store make it the same, and twice is once',
    withKv(async (kv) => {
      for (const step of ['1', '2', '3']) await kv.commit({ put: [put('a', step), put(`b${step}`, step)] });
      await kv.commit({ delete: [utf8('b1'), utf8('a')] });
      const log = await kv.changes(0, 10);
      const copy = await open();
      await copy.apply(log.slice(0, 2));
      await copy.apply(log);
      await copy.apply(log);
      const { entries, changes } = await picture(kv);
      expect(await picture(copy)).toMatchObject({ entries, changes, status: { revision: 4, trimmedTo: 0 } });
      await copy.changed(3);
      await copy.close();
    }),
  );

  test(
    'a key that was read is read anew behind a replay, and so behind a restore, whole or cut short',
    withKv(async (kv) => {
      const change = (revision: number): Change => ({ revision, puts: [put('a', String(revision))], deletes: [] });
      const read = async () => (await kv.get(utf8('a')))?.value;
      await kv.apply([change(1), { revision: 2, puts: [put('b', '2')], deletes: [] }]);
      expect(await read()).toEqual(utf8('1'));
      await kv.apply([change(3)]);
      expect(await read()).toEqual(utf8('3'));
      await kv.apply([{ revision: 4, puts: [], deletes: [utf8('a')] }]);
      expect(await read()).toBeUndefined();
      await kv.apply([change(5)]);
      expect(await read()).toEqual(utf8('5'));
      const lost = await kv.stage([{ put: [put('a', '6')] }]); // as a commit whose outcome is unknown at first
      await lost.discard();
      expect(await read()).toEqual(utf8('5'));
      await kv.apply([change(6)]);
      expect(await read()).toEqual(utf8('6'));
      const other = await open();
      await other.commit({ put: [put('a', 'other')] });
      await kv.restore(await other.snapshot());
      expect(await read()).toEqual(utf8('other'));
      await expect(kv.restore(cutShort(await other.snapshot()))).rejects.toMatchObject({ code: 'disk.io' });
      expect(await read()).toBeUndefined();
      await other.close();
    }),
  );

  test(
    'a replay with a gap is refused whole',
    withKv(async (kv) => {
      const change = (revision: number): Change => ({ revision, puts: [put('a', String(revision))], deletes: [] });
      await kv.apply([change(1)]);
      await expect(kv.apply([change(3)])).rejects.toMatchObject({ code: 'request.invalid' });
      await expect(kv.apply([change(2), change(4)])).rejects.toMatchObject({ code: 'request.invalid' });
      expect(await kv.get(utf8('a'))).toMatchObject({ revision: 1 });
    }),
  );
}

function snapshots(withKv: WithKv): void {
  test(
    'a snapshot shows one revision while commits go on',
    withKv(async (kv) => {
      await fill(kv, 700);
      const before = await picture(kv);
      const snapshot = await kv.snapshot();
      await kv.commit({ put: [put('key 00000', 'changed'), put('aaa', 'new')], delete: [utf8('key 00699')] });
      const seen: Entry[] = [];
      let count = 0;
      for await (const batch of snapshot.batches) {
        await kv.commit({ put: [put(`key 00${count++}00`, 'changed')], delete: [utf8('key 00500')] });
        seen.push(...batch);
      }
      expect(count).toBeGreaterThan(2);
      expect(seen).toEqual(before.entries);
      expect(snapshot.status).toEqual(before.status);
    }),
  );

  test(
    'a snapshot left half read, or not read at all, is closed with the store',
    withKv(async (kv) => {
      await fill(kv, 300);
      await kv.snapshot();
      for await (const batch of (await kv.snapshot()).batches) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
    }),
  );
}

function restores(withKv: WithKv, open: () => Promise<StagingKv>): void {
  test(
    'a restore replaces everything, and the store goes on from there',
    withKv(async (kv) => {
      await fill(kv, 700);
      await kv.commit({ delete: [utf8('key 00007')] });
      const { entries, status } = await picture(kv);
      const other = await open();
      await other.commit({ put: [put('foreign', 'x')] });
      await other.restore(await kv.snapshot());
      expect((await picture(other)).entries).toEqual(entries);
      expect(await other.status()).toEqual({ ...status, trimmedTo: status.revision });
      await expect(other.changes(status.revision - 1, 1)).rejects.toMatchObject({ code: 'kv.compacted' });
      const next = status.revision + 1;
      expect(await other.commit({ put: [put('next', 'x')] })).toEqual({ committed: true, revision: next });
      await other.close();
    }),
  );

  test(
    'a restore that fails leaves an empty store that says revision 0 and can be restored again',
    withKv(async (kv) => {
      await fill(kv, 600);
      const good = await picture(kv);
      const other = await open();
      await other.commit({ put: [put('old', 'x')] });
      await expect(other.restore(cutShort(await kv.snapshot()))).rejects.toMatchObject({ code: 'disk.io' });
      expect(await picture(other)).toMatchObject({ entries: [], changes: [], status: { revision: 0, trimmedTo: 0 } });
      await other.restore(await kv.snapshot());
      expect((await picture(other)).entries).toEqual(good.entries);
      await other.close();
    }),
  );
}

function comparison(withKv: WithKv, runs: number): void {
  const batch = fc.record({ commits: fc.array(commitArbitrary, { minLength: 1, maxLength: 4 }), accept: fc.boolean() });

  test('batches accepted and discarded at random answer as single commits to a store in memory do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 15 }), async (steps) => {
        const reference = new MemoryKv({ random: seededRandom(1) });
        await withKv(async (kv) => {
          for (const { commits, accept } of steps) {
            const staged = await kv.stage(commits);
            if (!accept) await staged.discard();
            else {
              for (const [at, commit] of commits.entries()) {
                expect(staged.results[at]).toEqual(await reference.commit(commit));
              }
              await staged.accept();
            }
          }
          const expected = await picture(reference);
          expect(await picture(kv)).toMatchObject({ entries: expected.entries, changes: expected.changes });
        })();
      }),
      { numRuns: runs },
    );
  });
}

const put = (key: string, value: string): Put => ({ key: utf8(key), value: utf8(value) });

/** All that a reader can see, but for a log that was trimmed. */
async function picture(kv: Kv) {
  const status = await kv.status();
  const { entries } = await kv.range({ from: utf8(''), limit: 10_000 });
  return { entries, changes: await kv.changes(status.trimmedTo, 1000), status };
}

async function fill(kv: Kv, count: number): Promise<void> {
  const puts = Array.from({ length: count }, (_, at) => put(`key ${String(at).padStart(5, '0')}`, `value ${at}`));
  for (let at = 0; at < count; at += 100) await kv.commit({ put: puts.slice(at, at + 100) });
}

/** The first batch, then a disk that fails. */
function cutShort(snapshot: KvSnapshot): KvSnapshot {
  async function* first() {
    for await (const batch of snapshot.batches) {
      yield batch;
      throw new CopysetError('disk.io', 'the snapshot cannot be read on');
    }
  }
  return { status: snapshot.status, batches: first() };
}
