/**
 * Why: real replacement policies, replayed: the twins of the cache formulas, and the answer for policies without one.
 */
import { unreachable } from '../../base/assert.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import { cheLru, lfuHit } from '../formulas/cache.ts';
import { at, range } from '../numeric/lists.ts';

export type ReplayPolicy = 'lru' | 'fifo' | 'random' | 'lfu' | 'sieve';

/** True on a hit; on a miss the object is let in. */
export type CacheModel = { access(object: number): boolean };

export function cacheModel(policy: ReplayPolicy, capacity: number, random: Random): CacheModel {
  switch (policy) {
    case 'lru':
      return new QueueCache(capacity, true);
    case 'fifo':
      return new QueueCache(capacity, false);
    case 'random':
      return new RandomCache(capacity, random);
    case 'lfu':
      return new FrequencyCache(capacity);
    case 'sieve':
      return new SieveCache(capacity);
    default:
      return unreachable(policy);
  }
}

/** FIFO by insertion; LRU when a hit moves to the back. */
class QueueCache implements CacheModel {
  readonly #capacity: number;
  readonly #movesOnHit: boolean;
  readonly #queue = new Set<number>();

  constructor(capacity: number, movesOnHit: boolean) {
    this.#capacity = capacity;
    this.#movesOnHit = movesOnHit;
  }

  access(object: number): boolean {
    const hit = this.#queue.has(object);
    if (hit && this.#movesOnHit) this.#queue.delete(object);
    if (!hit && this.#queue.size >= this.#capacity) {
      for (const oldest of this.#queue) {
        this.#queue.delete(oldest);
        break;
      }
    }
    this.#queue.add(object);
    return hit;
  }
}

class RandomCache implements CacheModel {
  readonly #capacity: number;
  readonly #random: Random;
  readonly #slots: number[] = [];
  readonly #held = new Set<number>();

  constructor(capacity: number, random: Random) {
    this.#capacity = capacity;
    this.#random = random;
  }

  access(object: number): boolean {
    if (this.#held.has(object)) return true;
    const slot = this.#slots.length < this.#capacity ? this.#slots.length : this.#random.integer(this.#capacity);
    const victim = this.#slots[slot];
    if (victim !== undefined) this.#held.delete(victim);
    this.#slots[slot] = object;
    this.#held.add(object);
    return false;
  }
}

/** Perfect LFU: counts every object ever asked for, and keeps the most counted. */
class FrequencyCache implements CacheModel {
  readonly #capacity: number;
  readonly #counts = new Map<number, number>();
  readonly #held = new Set<number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  access(object: number): boolean {
    const count = (this.#counts.get(object) ?? 0) + 1;
    this.#counts.set(object, count);
    if (this.#held.has(object)) return true;
    if (this.#held.size < this.#capacity) this.#held.add(object);
    else this.#replaceLeast(object, count);
    return false;
  }

  #replaceLeast(object: number, count: number): void {
    let least = -1;
    let leastCount = Number.POSITIVE_INFINITY;
    for (const held of this.#held) {
      const heldCount = this.#counts.get(held) as number;
      if (heldCount < leastCount) [least, leastCount] = [held, heldCount];
    }
    if (leastCount >= count) return;
    this.#held.delete(least);
    this.#held.add(object);
  }
}

type SieveEntry = {
  readonly object: number;
  visited: boolean;
  newer: SieveEntry | undefined;
  older: SieveEntry | undefined;
};

/** SIEVE (Zhang et al., NSDI 2024): a hand moves from old to new and evicts the first that was not asked for since. */
class SieveCache implements CacheModel {
  readonly #capacity: number;
  readonly #entries = new Map<number, SieveEntry>();
  #newest: SieveEntry | undefined;
  #oldest: SieveEntry | undefined;
  #hand: SieveEntry | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  access(object: number): boolean {
    const entry = this.#entries.get(object);
    if (entry !== undefined) {
      entry.visited = true;
      return true;
    }
    if (this.#entries.size >= this.#capacity) this.#evict();
    this.#insert({ object, visited: false, newer: undefined, older: this.#newest });
    return false;
  }

  #insert(entry: SieveEntry): void {
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
    this.#entries.set(entry.object, entry);
  }

  #evict(): void {
    let hand = this.#hand ?? this.#oldest;
    while (hand?.visited) {
      hand.visited = false;
      hand = hand.newer ?? this.#oldest;
    }
    if (hand === undefined) return;
    this.#hand = hand.newer;
    if (hand.newer === undefined) this.#newest = hand.older;
    else hand.newer.older = hand.older;
    if (hand.older === undefined) this.#oldest = hand.newer;
    else hand.older.newer = hand.newer;
    this.#entries.delete(hand.object);
  }
}

/** Draws ranks of a Zipf popularity, 0 the most popular: by bisection of the running sums. */
export function zipfSampler(objects: number, alpha: number, random: Random): () => number {
  let total = 0;
  const upTo = Float64Array.from({ length: objects }, (_, index) => (total += (index + 1) ** -alpha));
  return () => {
    const u = random.float() * total;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) > u) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

export type ReplayInput = {
  readonly objects: number;
  readonly alpha: number;
  readonly cacheObjects: number;
};

/** Hits of each batch of requests, after a warm-up of as many requests as objects or cache slots twice over. */
export function replayHits(
  input: ReplayInput,
  policy: ReplayPolicy,
  run: { readonly seed: number; readonly batches: number; readonly perBatch: number },
): number[] {
  const random = seededRandom(run.seed);
  const next = zipfSampler(input.objects, input.alpha, random);
  const model = cacheModel(policy, input.cacheObjects, random);
  for (let warm = 0; warm < 2 * input.objects; warm++) model.access(next());
  return range(run.batches).map(() => {
    let hits = 0;
    for (let request = 0; request < run.perBatch; request++) if (model.access(next())) hits++;
    return hits / run.perBatch;
  });
}

const maxReplayed = 20_000;
const replayRequests = 200_000;

/**
 * The hit ratio by replay. Catalogs above 20,000 objects are replayed scaled down with their cache; what is taken from
 * that is not the ratio, which does not scale, but where it lies between LRU and LFU, which both are known for any
 * size.
 */
export function simulatedHitRatio(input: ReplayInput, policy: ReplayPolicy): number {
  if (input.cacheObjects <= 0) return 0;
  if (input.cacheObjects >= input.objects) return 1;
  if (input.objects <= maxReplayed) return replayedRatio(input, policy);
  const scale = maxReplayed / input.objects;
  const small = { ...input, objects: maxReplayed, cacheObjects: Math.max(1, Math.round(input.cacheObjects * scale)) };
  const [lru, lfu] = knownRatios(small);
  const [lruOfAll, lfuOfAll] = knownRatios(input);
  return lruOfAll + ((replayedRatio(small, policy) - lru) / (lfu - lru)) * (lfuOfAll - lruOfAll);
}

function knownRatios(input: ReplayInput): readonly [lru: number, lfu: number] {
  return [cheLru(input).hitRatio, lfuHit(input).value];
}

function replayedRatio(input: ReplayInput, policy: ReplayPolicy): number {
  return at(replayHits(input, policy, { seed: 1, batches: 1, perBatch: replayRequests }), 0);
}
