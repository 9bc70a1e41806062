import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../base/assert.ts';
import { seededRandom } from '../base/random.ts';
import { Sieve } from './sieve.ts';

/** SIEVE as the paper tells it, over a plain list: index 0 is the oldest, the hand an index. */
class SlowSieve {
  entries: { readonly key: number; readonly bytes: number; marked: boolean }[] = [];
  readonly #capacityBytes: number;
  #hand = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  use(key: number, bytes: number): number[] {
    const found = this.entries.find((entry) => entry.key === key);
    if (found !== undefined) found.marked = true;
    if (found !== undefined || bytes > this.#capacityBytes) return [];
    const evicted: number[] = [];
    while (this.usedBytes() + bytes > this.#capacityBytes) evicted.push(this.#evict());
    this.entries.push({ key, bytes, marked: false });
    return evicted;
  }

  remove(key: number): void {
    const at = this.entries.findIndex((entry) => entry.key === key);
    if (at < 0) return;
    if (at < this.#hand) this.#hand--;
    this.#take(at);
  }

  usedBytes(): number {
    return this.entries.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  #evict(): number {
    for (let entry = this.entries[this.#hand]; entry?.marked; entry = this.entries[this.#hand]) {
      entry.marked = false;
      this.#hand = (this.#hand + 1) % this.entries.length;
    }
    return this.#take(this.#hand);
  }

  #take(at: number): number {
    const [taken] = this.entries.splice(at, 1);
    if (this.#hand >= this.entries.length) this.#hand = 0;
    return present(taken, 'an entry').key;
  }
}

function hits(keys: readonly number[], has: (key: number) => boolean, use: (key: number) => void): number {
  let count = 0;
  for (const key of keys) {
    if (has(key)) count++;
    use(key);
  }
  return count;
}

/** Least recently used: the first of the set leaves. */
function useRecent(recent: Set<number>, key: number, capacity: number): void {
  recent.delete(key);
  recent.add(key);
  for (const oldest of recent) if (recent.size > capacity) recent.delete(oldest);
}

function useSieve(sieve: Sieve<number>, key: number, bytes = 1): number[] {
  return sieve.hit(key) || !sieve.fits(bytes) ? [] : sieve.insert(key, bytes);
}

describe('SIEVE', () => {
  test('decides as the paper tells, and stays within its bytes', () => {
    const step = fc.record({
      key: fc.nat(12),
      bytes: fc.integer({ min: 1, max: 12 }),
      remove: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
    });
    const property = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const [sieve, model] = [new Sieve<number>(10), new SlowSieve(10)];
      for (const { key, bytes, remove } of steps) {
        if (remove) expect(sieve.remove(key)).toBe(model.entries.some((entry) => entry.key === key));
        if (remove) model.remove(key);
        else expect(useSieve(sieve, key, bytes)).toEqual(model.use(key, bytes));
        expect([sieve.usedBytes, sieve.size]).toEqual([model.usedBytes(), model.entries.length]);
        expect(sieve.usedBytes).toBeLessThanOrEqual(10);
      }
    });
    fc.assert(property);
  });

  test('a scan of any length leaves in place what was used before it, were it all but two entries', () => {
    const property = fc.property(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 2000 }), (hot, scan) => {
      const sieve = new Sieve<number>(100);
      for (let key = 0; key < hot; key++) useSieve(sieve, key);
      for (let key = 0; key < hot; key++) useSieve(sieve, key);
      for (let key = 0; key < scan; key++) useSieve(sieve, 1000 + key);
      for (let key = 0; key < hot; key++) expect(sieve.has(key)).toBe(true);
    });
    fc.assert(property);
  });

  test('keeps more of a skewed load with scans in it than least recently used does', () => {
    const random = seededRandom(11);
    const keys = Array.from({ length: 100 }, (_, round) => [
      ...Array.from({ length: 500 }, () => Math.floor(1000 * random.float() ** 4)),
      ...Array.from({ length: 300 }, (__, at) => 10_000 + round * 300 + at),
    ]).flat();
    const sieve = new Sieve<number>(200);
    const bySieve = hits(
      keys,
      (key) => sieve.has(key),
      (key) => useSieve(sieve, key),
    );
    const recent = new Set<number>();
    const byRecency = hits(
      keys,
      (key) => recent.has(key),
      (key) => useRecent(recent, key, 200),
    );
    expect(bySieve / byRecency).toBeGreaterThan(1.2);
  });

  test('refuses to be asked for what does not fit', () => {
    const sieve = new Sieve<number>(10);
    expect([sieve.fits(10), sieve.fits(11)]).toEqual([true, false]);
    expect(() => sieve.insert(1, 11)).toThrow('fits');
  });
});
