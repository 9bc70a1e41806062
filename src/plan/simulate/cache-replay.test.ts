import { expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { lfuHit, scanCache } from '../formulas/cache.ts';
import { range } from '../numeric/lists.ts';
import { cacheModel, type ReplayPolicy, replayHits, simulatedHitRatio, zipfSampler } from './cache-replay.ts';

function hitsOfScan(policy: ReplayPolicy, objects: number, capacity: number): number {
  const model = cacheModel(policy, capacity, seededRandom(1));
  const scan = () => range(objects).filter((object) => model.access(object)).length;
  for (const _ of range(4)) scan();
  return scan() / objects;
}

it('a cyclic scan defeats LRU, FIFO and SIEVE, and spares LFU its share', () => {
  for (const policy of ['lru', 'fifo', 'sieve'] as const) {
    expect(hitsOfScan(policy, 100, 40)).toBe(scanCache({ objects: 100, cacheObjects: 40, policy }).hitRatio);
  }
  expect(hitsOfScan('lfu', 100, 40)).toBeGreaterThan(0.3);
  expect(hitsOfScan('lru', 40, 40)).toBe(1);
});

it('SIEVE is between LRU and LFU under Zipf', () => {
  const cache = { objects: 2000, alpha: 0.9, cacheObjects: 200 };
  const [lru, sieve, lfu] = (['lru', 'sieve', 'lfu'] as const).map((policy) => simulatedHitRatio(cache, policy)) as [
    number,
    number,
    number,
  ];
  expect(sieve).toBeGreaterThan(lru);
  expect(sieve).toBeLessThan(lfu + 0.01);
});

it('of a large catalog is that of a small one, moved between LRU and LFU', () => {
  const large = { objects: 60_000, alpha: 0.9, cacheObjects: 600 };
  const [replayed] = replayHits(large, 'sieve', { seed: 2, batches: 1, perBatch: 100_000 });
  expect(Math.abs(simulatedHitRatio(large, 'sieve') - (replayed ?? 0))).toBeLessThan(0.015);
});

it('requests have the popularity that the formulas assume, in catalogs of any size', () => {
  const objects = 150_000;
  const next = zipfSampler(objects, 0.8, seededRandom(9));
  const draws = range(100_000).map(() => next());
  const share = draws.filter((object) => object < 15_000).length / draws.length;
  expect(share).toBeCloseTo(lfuHit({ objects, alpha: 0.8, cacheObjects: 15_000 }).value, 2);
});

it('never holds more than its capacity', () => {
  for (const policy of ['lru', 'fifo', 'random', 'lfu', 'sieve'] as const) {
    const model = cacheModel(policy, 10, seededRandom(3));
    const random = seededRandom(4);
    for (const _ of range(2000)) model.access(random.integer(50));
    const held = range(50).filter((object) => {
      const fresh = cacheModel(policy, 10, seededRandom(3));
      const replay = seededRandom(4);
      for (const __ of range(2000)) fresh.access(replay.integer(50));
      return fresh.access(object);
    });
    expect(held.length, policy).toBe(10);
  }
});
