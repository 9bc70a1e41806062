/**
 * Why: what kv.ts promises in words, as tests. Every driver and every wrapper runs all of it; differences are declared.
 */
import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, utf8 } from '../base/bytes.ts';
import { logConformance } from './conformance/log.conformance.ts';
import { modelConformance } from './conformance/model.conformance.ts';
import {
  bytes,
  everything,
  numberOf,
  outline,
  put,
  putOne,
  refused,
  revisionOf,
  type WithKv,
} from './conformance/support.conformance.ts';
import { tailedRanges } from './conformance/tailed-ranges.conformance.ts';
import type { Commit, Kv, RangeQuery } from './kv.ts';

export type KvCapabilities = {
  /** Revisions count 1, 2, 3 from a store that says 0; else they only grow. */
  readonly dense: boolean;
  /** Runs of the comparison with a model. */
  readonly runs: number;
  /** Opens again what a closed store left; absent where nothing is left. */
  readonly reopen?: (closed: Kv) => Promise<Kv>;
};

/** `open` gives a new, empty store each time. */
export function kvConformance(name: string, open: () => Promise<Kv>, capabilities: KvCapabilities): void {
  const withKv = (work: (kv: Kv) => Promise<void>) => async () => {
    const kv = await open();
    try {
      await work(kv);
    } finally {
      await kv.close();
    }
  };
  describe(`${name}: kv`, () => {
    keysAndRanges(withKv);
    tailedRanges(withKv);
    commits(withKv, capabilities);
    limits(withKv);
    concurrency(withKv);
    logConformance(withKv, open);
    endings(withKv, open, capabilities);
    modelConformance(open, capabilities);
  });
}

function keysAndRanges(withKv: WithKv): void {
  const keys = [[0], [0, 0], [0, 0xff], [1], [0x7f], [0x80], [0xc3, 0xa9], [0xff], [0xff, 0], [0xff, 0xff]].map(bytes);

  test(
    'keys are ordered by unsigned bytes, in both directions',
    withKv(async (kv) => {
      for (const key of [...keys].reverse()) await kv.commit({ put: [{ key, value: key }] });
      const up = await kv.range({ from: bytes([]), limit: 100 });
      expect(up.entries.map(({ key }) => key)).toEqual(keys);
      const down = await kv.range({ from: bytes([]), limit: 100, reverse: true });
      expect(down.entries.map(({ key }) => key)).toEqual([...keys].reverse());
    }),
  );

  test(
    'a range begins with `from`, ends before `to`, and says whether the limit cut it',
    withKv(async (kv) => {
      await kv.commit({ put: keys.map((key) => ({ key, value: key })) });
      const middle = await kv.range({ from: bytes([0, 0]), to: bytes([0xff]), limit: 6 });
      expect(middle.entries.map(({ key }) => key)).toEqual(keys.slice(1, 7));
      expect(middle.more).toBe(false);
      const cut = await kv.range({ from: bytes([0, 0]), to: bytes([0xff]), limit: 5, reverse: true });
      expect(cut.entries.map(({ key }) => key)).toEqual(keys.slice(2, 7).reverse());
      expect(cut.more).toBe(true);
      expect((await kv.range({ from: bytes([0xff]), to: bytes([0]), limit: 5 })).entries).toEqual([]);
      expect((await kv.range({ from: bytes([1]), to: bytes([1]), limit: 5 })).entries).toEqual([]);
    }),
  );

  test(
    'pages of a range join without a gap or an overlap',
    withKv(async (kv) => {
      const all = Array.from({ length: 57 }, (_, at) => utf8(`key ${String(at).padStart(3, '0')}`));
      await kv.commit({ put: all.map((key) => ({ key, value: key })) });
      const seen: Uint8Array[] = [];
      for (
        let [from, more]: [Uint8Array, boolean] = [bytes([]), true];
        more;
        from = concatBytes(seen.at(-1) as Uint8Array, bytes([0]))
      ) {
        const page = await kv.range({ from, limit: 10 });
        seen.push(...page.entries.map(({ key }) => key));
        more = page.more;
      }
      expect(seen).toEqual(all);
    }),
  );

  test(
    'a range of many entries of all sizes is whole, in both directions, and cut where its limit says',
    withKv(async (kv) => {
      const value = (at: number) => new Uint8Array(at % 7 === 0 ? 0 : at % 40).fill(at);
      const all = Array.from({ length: 1100 }, (_, at) => ({ key: bytes([at >> 8, at & 0xff, 0]), value: value(at) }));
      const { maxOpsPerCommit } = kv.limits;
      for (let at = 0; at < all.length; at += maxOpsPerCommit) {
        await kv.commit({ put: all.slice(at, at + maxOpsPerCommit) });
      }
      const pairs = async (query: RangeQuery) =>
        (await kv.range(query)).entries.map((entry) => ({ key: entry.key, value: entry.value }));
      for (const limit of [511, 512, 513, 1024, 1099, 1100, 2000]) {
        const { more } = await kv.range({ from: bytes([]), limit });
        expect(more).toBe(limit < all.length);
        expect(await pairs({ from: bytes([]), limit })).toEqual(all.slice(0, limit));
        expect(await pairs({ from: bytes([]), limit, reverse: true })).toEqual(all.toReversed().slice(0, limit));
      }
      const [from, to] = [bytes([0, 9]), bytes([4, 20])];
      expect(await pairs({ from, to, limit: 2000 })).toEqual(all.slice(9, 1044));
      expect(await pairs({ from, to, limit: 2000, reverse: true })).toEqual(all.slice(9, 1044).toReversed());
    }),
  );

  test(
    'what was read before is read anew: behind every commit that touched it, and only those',
    withKv(async (kv) => {
      const read = async () => (await kv.get(utf8('a')))?.value;
      for (const text of ['1', '2', '2', '3']) {
        await kv.commit({ put: [put('a', text), put('b', text)] });
        expect(await read()).toEqual(utf8(text));
        await kv.commit({ put: [put('b', '0')], delete: [utf8('c')] });
        expect(await read()).toEqual(utf8(text));
        await kv.commit({ expect: [{ kind: 'absent', key: utf8('a') }], put: [put('a', 'never')] });
        expect(await read()).toEqual(utf8(text));
      }
      await kv.commit({ delete: [utf8('a')] });
      expect(await read()).toBeUndefined();
      await kv.commit({ put: [put('a', '4')] });
      expect(await read()).toEqual(utf8('4'));
    }),
  );

  test(
    'a value may be empty, is kept as it was given, and carries the revision that last put it',
    withKv(async (kv) => {
      const value = utf8('first');
      const first = revisionOf(await kv.commit({ put: [put('a', value), { key: utf8('b'), value: bytes([]) }] }));
      value.fill(0);
      expect(await kv.get(utf8('a'))).toEqual({ key: utf8('a'), value: utf8('first'), revision: first });
      expect((await kv.get(utf8('b')))?.value).toEqual(bytes([]));
      const second = revisionOf(await kv.commit({ put: [put('a', 'second')] }));
      const { entries, revision } = await kv.range({ from: utf8('a'), limit: 5 });
      expect(entries.map((entry) => entry.revision)).toEqual([second, first]);
      expect(revision).toBeGreaterThanOrEqual(second);
      expect(await kv.get(utf8('c'))).toBeUndefined();
    }),
  );

  test.each([0, -1, 1.5, Number.NaN])('a range limit of %s is refused', (limit) =>
    withKv(async (kv) => refused(kv.range({ from: bytes([]), limit }), 'request.invalid'))(),
  );
}

function commits(withKv: WithKv, { dense }: KvCapabilities): void {
  test(
    'the first expectation that does not hold is named, and nothing happens',
    withKv(async (kv) => {
      await kv.commit({ put: [put('a', '1'), put('b', '2')] });
      const before = await everything(kv);
      const holding: Commit['expect'] = [
        { kind: 'value', key: utf8('a'), value: utf8('1') },
        { kind: 'absent', key: utf8('c') },
        { kind: 'empty-range', from: utf8('a\0'), to: utf8('b') },
        { kind: 'empty-range', from: utf8('b'), to: utf8('a') },
      ];
      const failing: Commit['expect'] = [
        { kind: 'value', key: utf8('a'), value: utf8('10') },
        { kind: 'value', key: utf8('c'), value: bytes([]) },
        { kind: 'absent', key: utf8('b') },
        { kind: 'empty-range', from: bytes([]), to: utf8('a\0') },
      ];
      for (const [at, wrong] of failing.entries()) {
        const expectations = [...holding.slice(0, at), wrong, ...failing];
        const result = await kv.commit({ expect: expectations, put: [put('c', '3')], delete: [utf8('a')] });
        expect(result).toEqual({ committed: false, failed: at });
      }
      expect(await everything(kv)).toEqual(before);
      expect((await kv.commit({ expect: holding, put: [put('c', '3')] })).committed).toBe(true);
    }),
  );

  test(
    'an expectation of emptiness sees what ends just before and begins at the end',
    withKv(async (kv) => {
      await kv.commit({ put: [put('a', '1'), put('c', '1')] });
      const empty = { kind: 'empty-range', from: utf8('a\0'), to: utf8('c') } as const;
      expect((await kv.commit({ expect: [empty], put: [put('b', '1')] })).committed).toBe(true);
      expect(await kv.commit({ expect: [empty], put: [put('b', '2')] })).toEqual({ committed: false, failed: 0 });
    }),
  );

  test(
    'each commit that changes something has a greater revision; others have none of their own',
    withKv(async (kv) => {
      const start = await kv.status();
      if (dense) expect(start.revision).toBe(0);
      const first = revisionOf(await kv.commit({ put: [put('a', '1')] }));
      const same = revisionOf(await kv.commit({ put: [put('a', '1')] }));
      expect(same).toBeGreaterThan(first);
      expect(first).toBeGreaterThan(start.revision);
      if (dense) expect([first, same]).toEqual([1, 2]);
      const idle = revisionOf(await kv.commit({ delete: [utf8('absent')] }));
      expect(revisionOf(await kv.commit({ expect: [{ kind: 'absent', key: utf8('z') }] }))).toBeGreaterThanOrEqual(
        idle,
      );
      if (dense) expect(idle).toBe(2);
      const gone = revisionOf(await kv.commit({ delete: [utf8('a')] }));
      expect((await kv.changes(0, 100)).map(({ revision }) => revision)).toEqual([first, same, gone]);
      expect((await kv.status()).revision).toBeGreaterThanOrEqual(gone);
    }),
  );

  test(
    'a key may be put or deleted once in a commit',
    withKv(async (kv) => {
      await refused(kv.commit({ put: [put('a', '1'), put('a', '2')] }), 'request.invalid');
      await refused(kv.commit({ put: [put('a', '1')], delete: [utf8('a')] }), 'request.invalid');
      await refused(kv.commit({ delete: [utf8('a'), utf8('a')] }), 'request.invalid');
      const others = Array.from({ length: 20 }, (_, at) => utf8(`other ${at}`));
      await refused(kv.commit({ delete: [...others, utf8('other 0')] }), 'request.invalid');
      expect(await everything(kv)).toEqual([]);
    }),
  );
}

function limits(withKv: WithKv): void {
  test(
    'keys, values, operations and bytes are taken up to the limits and refused beyond, with no effect',
    withKv(async (kv) => {
      const { maxKeyBytes, maxValueBytes, maxOpsPerCommit, maxCommitBytes } = kv.limits;
      const full = { key: new Uint8Array(maxKeyBytes).fill(0xff), value: new Uint8Array(maxValueBytes).fill(7) };
      const many = (count: number) => Array.from({ length: count }, (_, at) => put(`many ${at}`, 'x'));
      await kv.commit({ put: [full] });
      await kv.commit({ put: many(maxOpsPerCommit) });
      expect(equalBytes((await kv.get(full.key))?.value ?? bytes([]), full.value)).toBe(true);
      expect((await kv.range({ from: full.key, limit: 2 })).entries).toHaveLength(1);
      const exchange: Commit = { expect: [{ kind: 'value', ...full }], put: [full] };
      expect((await kv.commit(exchange)).committed).toBe(true);
      const before = await outline(kv);
      const long = new Uint8Array(maxKeyBytes + 1);
      const heavy = { key: utf8('heavy'), value: new Uint8Array(maxValueBytes + 1) };
      const spare = maxCommitBytes - maxKeyBytes - maxValueBytes;
      const tooMuch = Math.ceil((spare + 1) / maxValueBytes);
      const surplus = Array.from({ length: tooMuch }, (_, at) => ({ ...full, key: utf8(`surplus ${at}`) }));
      for (const commit of [
        { put: [{ key: long, value: bytes([]) }] },
        { put: [heavy] },
        { put: many(maxOpsPerCommit + 1) },
        { put: many(maxOpsPerCommit), delete: [utf8('one more')] },
        { put: [full, ...surplus] },
      ]) {
        await refused(kv.commit(commit), 'request.too_large');
      }
      await refused(kv.get(long), 'request.too_large');
      await refused(kv.get(bytes([])), 'request.invalid');
      await refused(kv.commit({ put: [{ key: bytes([]), value: bytes([1]) }] }), 'request.invalid');
      expect(await outline(kv)).toEqual(before);
    }),
  );
}

function concurrency(withKv: WithKv): void {
  test(
    'concurrent increments lose no update',
    withKv(async (kv) => {
      const key = utf8('counter');
      const increment = async (): Promise<void> => {
        const entry = await kv.get(key);
        const held = entry === undefined ? ({ kind: 'absent', key } as const) : ({ kind: 'value', ...entry } as const);
        const result = await kv.commit({ expect: [held], put: [put('counter', String(numberOf(entry) + 1))] });
        if (!result.committed) return increment();
      };
      const client = async () => {
        for (let turn = 0; turn < 10; turn++) await increment();
      };
      await Promise.all(Array.from({ length: 8 }, client));
      expect(numberOf(await kv.get(key))).toBe(80);
    }),
  );

  test(
    'a read sees what was acknowledged before it began, and nothing that was not asked before it ended',
    withKv(async (kv) => {
      let [asked, acknowledged] = [0, 0];
      const write = async () => {
        for (asked = 1; asked <= 60; asked++) {
          await kv.commit({ put: [put('register', String(asked)), put('twin', String(asked))] });
          acknowledged = asked;
        }
      };
      const read = async () => {
        while (acknowledged < 60) {
          const least = acknowledged;
          const { entries } = await kv.range({ from: utf8('register'), limit: 2 });
          const [register = 0, twin = 0] = entries.map(numberOf);
          expect(register).toBe(twin);
          expect(register).toBeGreaterThanOrEqual(least);
          expect(register).toBeLessThanOrEqual(asked);
          const known = acknowledged;
          const alone = numberOf(await kv.get(utf8('register')));
          expect(alone).toBeGreaterThanOrEqual(Math.max(known, register));
          expect(alone).toBeLessThanOrEqual(asked);
          await new Promise(setImmediate);
        }
      };
      await Promise.all([write(), read(), read()]);
    }),
  );

  test(
    'of many who expect the same absence exactly one commits',
    withKv(async (kv) => {
      const claim = (_: unknown, at: number) =>
        kv.commit({ expect: [{ kind: 'absent', key: utf8('home') }], put: [put('home', String(at))] });
      const results = await Promise.all(Array.from({ length: 12 }, claim));
      const winners = results.flatMap(({ committed }, at) => (committed ? [at] : []));
      expect(winners).toHaveLength(1);
      expect(numberOf(await kv.get(utf8('home')))).toBe(winners[0]);
    }),
  );
}

function endings(withKv: WithKv, open: () => Promise<Kv>, { reopen }: KvCapabilities): void {
  const calls: [string, (kv: Kv, signal?: AbortSignal) => Promise<unknown>][] = [
    ['get', (kv, signal) => kv.get(utf8('a'), { signal })],
    ['range', (kv, signal) => kv.range({ from: utf8('a'), limit: 1 }, { signal })],
    ['commit', (kv, signal) => kv.commit({ put: [put('a', '1')] }, { signal })],
    ['changes', (kv, signal) => kv.changes(0, 1, { signal })],
    ['changed', (kv, signal) => kv.changed(0, { signal })],
    ['trim', (kv, signal) => kv.trim(0, { signal })],
    ['status', (kv, signal) => kv.status({ signal })],
  ];

  test.each(calls)('%s refuses an aborted signal and a closed store', async (_, call) => {
    const kv = await open();
    await refused(call(kv, AbortSignal.abort()), 'request.aborted');
    await kv.close();
    await kv.close();
    await refused(call(kv), 'closed');
  });

  test(
    'an aborted commit did nothing',
    withKv(async (kv) => {
      await refused(kv.commit({ put: [put('a', '1')] }, { signal: AbortSignal.abort() }), 'request.aborted');
      expect(await everything(kv)).toEqual([]);
    }),
  );

  test('close finishes what was admitted', async () => {
    const kv = await open();
    const admitted = Array.from({ length: 20 }, (_, at) => kv.commit({ put: [put(`key ${at}`, 'x')] }));
    await Promise.all([kv.close(), ...admitted]);
    const revisions = (await Promise.all(admitted)).map(revisionOf);
    expect(new Set(revisions).size).toBe(20);
  });

  test.runIf(reopen !== undefined)('what was committed is there after closing and opening again', async () => {
    const kv = await open();
    const first = await putOne(kv, 'a');
    const second = await putOne(kv, 'b');
    await kv.trim(first);
    const [entries, status] = [await everything(kv), await kv.status()];
    await kv.close();
    const again = (await reopen?.(kv)) as Kv;
    expect(await everything(again)).toEqual(entries);
    expect(await again.status()).toEqual(status);
    expect((await again.changes(first, 10)).map(({ revision }) => revision)).toEqual([second]);
    expect(await putOne(again, 'c')).toBeGreaterThan(second);
    await again.close();
  });
}
