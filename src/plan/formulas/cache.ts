/**
 * Why: reads that a tier answers never reach the volumes. Hit ratios for Zipf popularity (Che, Tung, Wang, IEEE JSAC
 * 2002; Fricker, Robert, Roberts, ITC 2012) and for the epoch scans of training, which are not Zipf at all.
 */
import { at, range, sumOf } from '../numeric/lists.ts';
import { bisectUpwards } from '../numeric/roots.ts';

/** Objects of equal popularity: how many, and the share of requests that each gets. */
export type PopularityClass = { readonly count: number; readonly share: number };

const exactRanks = 100_000;
const binGrowth = 1.001;

/** Zipf p_i ~ i^-alpha: every rank by itself up to 100,000, then bins of 0.1 % in rank. */
export function zipfPopularity(objects: number, alpha: number): PopularityClass[] {
  const classes = range(Math.min(objects, exactRanks)).map((index) => ({ count: 1, share: (index + 1) ** -alpha }));
  for (let from = exactRanks; from < objects; ) {
    const to = Math.min(objects, Math.ceil(from * binGrowth));
    classes.push({ count: to - from, share: ((from + to + 1) / 2) ** -alpha });
    from = to;
  }
  const total = sumOf(classes, (each) => each.count * each.share);
  return classes.map((each) => ({ count: each.count, share: each.share / total }));
}

/** P(in cache) of an object with request rate `rate` when entries live for the characteristic time. */
type Occupancy = (rate: number, timeSec: number) => number;
const lruOccupancy: Occupancy = (rate, time) => -Math.expm1(-rate * time);
const randomOccupancy: Occupancy = (rate, time) => (rate * time) / (1 + rate * time);

function meanOccupied(popularity: readonly PopularityClass[], time: number, occupancy: Occupancy): number {
  return sumOf(popularity, (each) => each.count * occupancy(each.share, time));
}

/** The fixed point: the characteristic time at which the expected number of entries is the capacity. */
export function characteristicHit(popularity: readonly PopularityClass[], capacity: number, policy: 'lru' | 'random') {
  if (capacity <= 0) return { characteristicTime: 0, hitRatio: 0 };
  if (capacity >= sumOf(popularity, (each) => each.count))
    return { characteristicTime: Number.POSITIVE_INFINITY, hitRatio: 1 };
  const occupancy = policy === 'lru' ? lruOccupancy : randomOccupancy;
  const characteristicTime = bisectUpwards((time) => meanOccupied(popularity, time, occupancy) >= capacity);
  const hitRatio = sumOf(popularity, (each) => each.count * each.share * occupancy(each.share, characteristicTime));
  return { characteristicTime, hitRatio };
}

export type ZipfCacheInput = { readonly objects: number; readonly alpha: number; readonly cacheObjects: number };

/** LRU under Zipf; the request rate is normalised to 1/s. Simulated LRU agrees within 0.002. */
export function cheLru({ objects, alpha, cacheObjects }: ZipfCacheInput) {
  return characteristicHit(zipfPopularity(objects, alpha), cacheObjects, 'lru');
}

/** FIFO and random replacement under Zipf. */
export function randomCache({ objects, alpha, cacheObjects }: ZipfCacheInput) {
  return characteristicHit(zipfPopularity(objects, alpha), cacheObjects, 'random');
}

/** The most popular ones are always there: H_{C, alpha} / H_{N, alpha}. An upper bound for every policy. */
export function lfuHit({ objects, alpha, cacheObjects }: ZipfCacheInput) {
  return { value: mostPopularShare(zipfPopularity(objects, alpha), cacheObjects) };
}

/** Share of requests that go to the `capacity` most popular objects. */
export function mostPopularShare(popularity: readonly PopularityClass[], capacity: number): number {
  let left = capacity;
  let hit = 0;
  for (const each of popularity) {
    const kept = Math.min(each.count, left);
    hit += kept * each.share;
    left -= kept;
    if (left <= 0) break;
  }
  return hit;
}

/**
 * Entries live `ttlSec` after their fetch: hit = sum p_i l_i ttl / (1 + l_i ttl), l_i the object's own request rate.
 */
export function ttlCache(input: {
  readonly objects: number;
  readonly alpha: number;
  readonly ratePerSec: number;
  readonly ttlSec: number;
}) {
  const popularity = zipfPopularity(input.objects, input.alpha);
  const occupied = (each: PopularityClass) => randomOccupancy(each.share * input.ratePerSec, input.ttlSec);
  return {
    hitRatio: sumOf(popularity, (each) => each.count * each.share * occupied(each)),
    meanObjects: sumOf(popularity, (each) => each.count * occupied(each)),
  };
}

/** Cyclic scan over all objects: LRU keeps exactly what will not be asked next; a pinned subset keeps its share. */
export function scanCache(input: { readonly objects: number; readonly cacheObjects: number; readonly policy: string }) {
  const share = Math.min(1, input.cacheObjects / input.objects);
  const scanResistant = ['pinned', 'lfu'].includes(input.policy);
  return { hitRatio: share >= 1 || scanResistant ? share : 0 };
}

/**
 * LRU of `capacityBytes` over objects of different sizes: Che's fixed point in bytes. `sizes` is cycled over the ranks,
 * so that size and popularity are independent.
 */
export function cheLruBytes(input: {
  readonly objects: number;
  readonly alpha: number;
  readonly capacityBytes: number;
  readonly sizes: readonly number[];
}) {
  const popularity = zipfPopularity(input.objects, input.alpha);
  const bytes = (each: PopularityClass, index: number) => each.count * at(input.sizes, index % input.sizes.length);
  const occupied = (time: number) =>
    sumOf(popularity, (each, index) => bytes(each, index) * lruOccupancy(each.share, time));
  if (sumOf(popularity, bytes) <= input.capacityBytes) {
    return { characteristicTime: Number.POSITIVE_INFINITY, hitRatio: 1, byteHitRatio: 1 };
  }
  const characteristicTime = bisectUpwards((time) => occupied(time) >= input.capacityBytes);
  const hit = (each: PopularityClass) => each.share * lruOccupancy(each.share, characteristicTime);
  const asked = sumOf(popularity, (each, index) => each.share * bytes(each, index));
  return {
    characteristicTime,
    hitRatio: sumOf(popularity, (each) => each.count * hit(each)),
    byteHitRatio: sumOf(popularity, (each, index) => hit(each) * bytes(each, index)) / asked,
  };
}
