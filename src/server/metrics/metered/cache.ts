/** Why: what a tier is worth is told in bytes and seconds, by a wrapper, so that no tier has to count for itself. */

import type { Clock } from '../../../base/clock.ts';
import type { Cache } from '../../../cache/cache.ts';
import { fineLatencyBounds, type Metrics } from '../../../observe/metrics/metrics.ts';

/** Reads put what the tier did not have: those bytes are its misses. Blocks that are never cached are neither. */
export function meteredCache(cache: Cache, metrics: Metrics, clock: Clock): Cache {
  const hitBytes = metrics.counter('copyset_cache_hit_bytes_total', 'Bytes that the memory tier answered with.');
  const missBytes = metrics.counter('copyset_cache_miss_bytes_total', 'Bytes that it was asked for and did not have.');
  const seconds = metrics.histogram('copyset_cache_hit_seconds', 'Time of reads that it answered.', fineLatencyBounds);
  return {
    get: async (name, options) => {
      const startedMs = clock.monotonicMs();
      const bytes = await cache.get(name, options);
      if (bytes === undefined) return undefined;
      seconds.observe((clock.monotonicMs() - startedMs) / 1000);
      hitBytes.add(bytes.byteLength);
      return bytes;
    },
    atHand: (name) => {
      const startedMs = clock.monotonicMs();
      const bytes = cache.atHand(name);
      if (bytes === undefined) return undefined;
      seconds.observe((clock.monotonicMs() - startedMs) / 1000);
      hitBytes.add(bytes.byteLength);
      return bytes;
    },
    put: (name, bytes, options) => {
      missBytes.add(bytes.byteLength);
      return cache.put(name, bytes, options);
    },
    delete: (name, options) => cache.delete(name, options),
    usage: () => cache.usage(),
    close: () => cache.close(),
  };
}
