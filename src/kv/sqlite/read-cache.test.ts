import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import type { Entry } from '../kv.ts';
import { ReadCache } from './read-cache.ts';

const entry = (name: string, bytes = 10): Entry => ({ key: utf8(name), value: new Uint8Array(bytes), revision: 1 });
const names = (count: number) => Array.from({ length: count }, (_, at) => `key ${at}`);

function held(cache: ReadCache, from: readonly string[]): readonly string[] {
  return from.filter((name) => cache.get(utf8(name)) !== undefined);
}

test('what is kept is found, until a change names it or all is forgotten', () => {
  const cache = new ReadCache({ maxEntries: 100, maxBytes: 100_000 });
  const kept = names(4).map((name) => entry(name));
  for (const each of kept) cache.keep(each);
  expect(cache.get(utf8('key 2'))).toBe(kept[2]);
  cache.forget([
    { revision: 2, puts: [{ key: utf8('key 1'), value: utf8('x') }], deletes: [utf8('key 3'), utf8('none')] },
  ]);
  expect(held(cache, names(4))).toEqual(['key 0', 'key 2']);
  cache.clear();
  expect(held(cache, names(4))).toEqual([]);
});

test('keys of any bytes are told apart', () => {
  const cache = new ReadCache({ maxEntries: 1000, maxBytes: 1e6 });
  const keys = Array.from({ length: 256 }, (_, at) => Uint8Array.of(at, 0, 255 - at));
  for (const [at, key] of keys.entries()) cache.keep({ key, value: Uint8Array.of(at), revision: at });
  expect(keys.map((key) => cache.get(key)?.revision)).toEqual(keys.map((_, at) => at));
});

test('it holds no more entries than it may, and those that are asked for stay', () => {
  const cache = new ReadCache({ maxEntries: 20, maxBytes: 1e6 });
  for (const name of names(1000)) {
    cache.keep(entry(name));
    if (name !== 'key 0') expect(held(cache, ['key 0'])).toEqual(['key 0']);
  }
  expect(held(cache, names(1000)).length).toBeGreaterThanOrEqual(10);
  expect(held(cache, names(1000)).length).toBeLessThanOrEqual(20);
});

test('it holds no more bytes than it may; what alone is too large is not kept, and drives nothing out', () => {
  const cache = new ReadCache({ maxEntries: 1000, maxBytes: 100_000 });
  for (const name of names(1000)) cache.keep(entry(name, 2000));
  const before = held(cache, names(1000));
  expect(before.length).toBeGreaterThan(20);
  expect(before.length * 2000).toBeLessThanOrEqual(100_000);
  cache.keep(entry('giant', 50_000));
  expect(held(cache, ['giant', ...before])).toEqual(before);
});

test('what is forgotten makes room again', () => {
  const cache = new ReadCache({ maxEntries: 1000, maxBytes: 10_000 });
  cache.keep(entry('hot'));
  for (const name of names(1000)) {
    cache.keep(entry(name, 2000));
    cache.forget([{ revision: 2, puts: [], deletes: [utf8(name)] }]);
  }
  expect(held(cache, ['hot'])).toEqual(['hot']);
});

test('no sequence of calls finds what was forgotten, or another entry than the last that was kept', () => {
  const name = fc.constantFrom(...names(6));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('keep' as const), name, bytes: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({ kind: fc.constant('find' as const), name }),
    fc.record({ kind: fc.constant('forget' as const), name }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = new ReadCache({ maxEntries: 6, maxBytes: 8000 });
      const known = new Map<string, Entry>();
      for (const each of steps) {
        const key = utf8(each.name);
        if (each.kind === 'keep') {
          cache.forget([{ revision: 1, puts: [{ key, value: key }], deletes: [] }]);
          known.set(each.name, entry(each.name, each.bytes));
          cache.keep(known.get(each.name) as Entry);
        } else if (each.kind === 'find') expect([undefined, known.get(each.name)]).toContain(cache.get(key));
        else {
          cache.forget([{ revision: 1, puts: [], deletes: [key] }]);
          known.delete(each.name);
        }
      }
    }),
  );
});

const firstOf = (from: string, tailBytes?: number) => ({ from: utf8(from), limit: 1, ...(tailBytes && { tailBytes }) });

test('the first of a range is kept until a change names a key in it, whether that was there or not', () => {
  const cache = new ReadCache({ maxEntries: 100, maxBytes: 100_000 });
  const first = (name: string) => ({ entries: [entry(name)], more: false });
  cache.keepFirst(firstOf('a/', 2), first('a/02'));
  cache.keepFirst(firstOf('b/', 2), first('b/07'));
  cache.keepFirst(firstOf('c/', 3), first('c/002'));
  cache.forget([{ revision: 2, puts: [{ key: utf8('a/01'), value: utf8('') }], deletes: [utf8('c/009'), utf8('x')] }]);
  expect(cache.first(firstOf('a/', 2))).toBeUndefined();
  expect(cache.first(firstOf('b/', 2))?.entries[0]?.key).toEqual(utf8('b/07'));
  expect(cache.first(firstOf('c/', 3))).toBeUndefined();
  cache.clear();
  expect(cache.first(firstOf('b/', 2))).toBeUndefined();
});

test('a range that promises nothing, asks for more, or is empty is not kept, nor one of too many lengths', () => {
  const cache = new ReadCache({ maxEntries: 100, maxBytes: 100_000 });
  const first = { entries: [entry('a/02')], more: false };
  for (const query of [firstOf('a/'), { ...firstOf('a/', 2), limit: 2 }, { ...firstOf('a/', 2), reverse: true }]) {
    cache.keepFirst(query, first);
    expect(cache.first(query)).toBeUndefined();
  }
  cache.keepFirst(firstOf('a/', 2), { entries: [], more: false });
  expect(cache.first(firstOf('a/', 2))).toBeUndefined();
  const kept = [1, 2, 3, 4, 5, 6].filter((tailBytes) => {
    cache.keepFirst(firstOf(`${tailBytes}/`, tailBytes), first);
    return cache.first(firstOf(`${tailBytes}/`, tailBytes)) !== undefined;
  });
  expect(kept).toEqual([1, 2, 3, 4]);
});
