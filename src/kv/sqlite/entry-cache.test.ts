import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import type { Entry } from '../kv.ts';
import { EntryCache } from './entry-cache.ts';

const entry = (name: string, bytes = 10): Entry => ({ key: utf8(name), value: new Uint8Array(bytes), revision: 1 });
const names = (count: number) => Array.from({ length: count }, (_, at) => `key ${at}`);

function held(cache: EntryCache, from: readonly string[]): readonly string[] {
  return from.filter((name) => cache.find(utf8(name)) !== undefined);
}

test('what is kept is found, until a change names it or all is forgotten', () => {
  const cache = new EntryCache({ maxEntries: 100, maxBytes: 100_000 });
  const kept = names(4).map((name) => entry(name));
  for (const each of kept) cache.keep(each);
  expect(cache.find(utf8('key 2'))).toBe(kept[2]);
  cache.forget([
    { revision: 2, puts: [{ key: utf8('key 1'), value: utf8('x') }], deletes: [utf8('key 3'), utf8('none')] },
  ]);
  expect(held(cache, names(4))).toEqual(['key 0', 'key 2']);
  cache.clear();
  expect(held(cache, names(4))).toEqual([]);
});

test('keys of any bytes are told apart', () => {
  const cache = new EntryCache({ maxEntries: 1000, maxBytes: 1e6 });
  const keys = Array.from({ length: 256 }, (_, at) => Uint8Array.of(at, 0, 255 - at));
  for (const [at, key] of keys.entries()) cache.keep({ key, value: Uint8Array.of(at), revision: at });
  expect(keys.map((key) => cache.find(key)?.revision)).toEqual(keys.map((_, at) => at));
});

test('it holds no more entries than it may, and those that are asked for stay', () => {
  const cache = new EntryCache({ maxEntries: 20, maxBytes: 1e6 });
  for (const name of names(1000)) {
    cache.keep(entry(name));
    if (name !== 'key 0') expect(held(cache, ['key 0'])).toEqual(['key 0']);
  }
  expect(held(cache, names(1000)).length).toBeGreaterThanOrEqual(10);
  expect(held(cache, names(1000)).length).toBeLessThanOrEqual(20);
});

test('it holds no more bytes than it may; what alone is too large is not kept, and drives nothing out', () => {
  const cache = new EntryCache({ maxEntries: 1000, maxBytes: 100_000 });
  for (const name of names(1000)) cache.keep(entry(name, 2000));
  const before = held(cache, names(1000));
  expect(before.length).toBeGreaterThan(20);
  expect(before.length * 2000).toBeLessThanOrEqual(100_000);
  cache.keep(entry('giant', 50_000));
  expect(held(cache, ['giant', ...before])).toEqual(before);
});

test('what is forgotten makes room again', () => {
  const cache = new EntryCache({ maxEntries: 1000, maxBytes: 10_000 });
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
      const cache = new EntryCache({ maxEntries: 6, maxBytes: 8000 });
      const known = new Map<string, Entry>();
      for (const each of steps) {
        const key = utf8(each.name);
        if (each.kind === 'keep') {
          cache.forget([{ revision: 1, puts: [{ key, value: key }], deletes: [] }]);
          known.set(each.name, entry(each.name, each.bytes));
          cache.keep(known.get(each.name) as Entry);
        } else if (each.kind === 'find') expect([undefined, known.get(each.name)]).toContain(cache.find(key));
        else {
          cache.forget([{ revision: 1, puts: [], deletes: [key] }]);
          known.delete(each.name);
        }
      }
    }),
  );
});
