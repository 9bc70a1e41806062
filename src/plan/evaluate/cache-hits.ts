/** Why: how many reads the cache answers depends on how objects are asked for; training scans are not Zipf. */
import { unreachable } from '../../base/assert.ts';
import { cheLru, mostPopularShare, randomCache, scanCache, ttlCache, zipfPopularity } from '../formulas/cache.ts';
import type { CachePolicy, Design } from '../model/design.ts';
import type { PlannerInputs, Workload } from '../model/inputs.ts';
import { sumOf } from '../numeric/lists.ts';
import { simulatedHitRatio } from '../simulate/cache-replay.ts';
import { passesCache } from './access.ts';
import { Memo } from './memo.ts';

export class CacheHits {
  readonly #known = new Memo<number>();

  /** Share of the workload's reads that the cache answers; the cache is shared out by bytes read per second. */
  ratio(design: Design, workload: Workload, { workloads: all, store }: PlannerInputs): number {
    if (design.cache.bytes <= 0) return 0;
    if (passesCache(design, workload, store)) return 0;
    const bytesRead = (each: Workload) => each.readsPerSec.value * each.objectBytes.value;
    const total = sumOf(all, bytesRead);
    const share = total > 0 ? bytesRead(workload) / total : 1 / all.length;
    const objects = Math.floor((design.cache.bytes * share) / workload.objectBytes.value);
    const { policy, ttlSec } = design.cache;
    const key = [
      workload.class,
      objects,
      workload.objects.value,
      workload.zipfAlpha.value,
      workload.readsPerSec.value,
      policy,
      ttlSec,
    ];
    return this.#known.get(key.join(), () => hitRatio(workload, { objects, policy, ttlSec }));
  }
}

type Kept = { readonly objects: number; readonly policy: CachePolicy; readonly ttlSec: number | undefined };

function hitRatio(workload: Workload, { objects: cacheObjects, policy, ttlSec }: Kept): number {
  const objects = Math.round(workload.objects.value);
  switch (workload.class) {
    case 'zipf':
    case 'metadata':
      return zipfHitRatio({ objects, alpha: workload.zipfAlpha.value, cacheObjects }, policy, {
        ratePerSec: workload.readsPerSec.value,
        ttlSec: ttlSec ?? Number.POSITIVE_INFINITY,
      });
    case 'epoch-scan':
      return scanCache({ objects, cacheObjects, policy }).hitRatio;
    case 'broadcast':
      return cacheObjects < 1 ? 0 : 1 - 1 / workload.fanout.value;
    case 'checkpoint':
      return 0;
    default:
      return unreachable(workload.class);
  }
}

type ZipfCache = { readonly objects: number; readonly alpha: number; readonly cacheObjects: number };

function zipfHitRatio(
  cache: ZipfCache,
  policy: CachePolicy,
  ttl: { readonly ratePerSec: number; readonly ttlSec: number },
): number {
  switch (policy) {
    case 'lru':
      return cheLru(cache).hitRatio;
    case 'random':
      return randomCache(cache).hitRatio;
    case 'lfu':
    case 'pinned':
      return mostPopularShare(zipfPopularity(cache.objects, cache.alpha), cache.cacheObjects);
    case 'sieve':
      return simulatedHitRatio(cache, 'sieve');
    case 'ttl':
      return ttl.ttlSec === Number.POSITIVE_INFINITY ? 1 : ttlCache({ ...cache, ...ttl }).hitRatio;
    default:
      return unreachable(policy);
  }
}
