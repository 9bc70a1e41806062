/**
 * Why: what a running store measures, by the names that dashboards will know. Read at each scrape; nothing is kept
 * twice.
 */
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { Site } from '../site.ts';

export function storeMetrics(registry: Metrics, site: Site): void {
  const memory = site.objects.memory;
  const cache = () => site.objects.cache.usage();
  registry.observed('copyset_memory_used_bytes', 'Bytes of bodies and blocks in memory.', () => [
    { value: memory.inUse },
  ]);
  registry.observed('copyset_memory_limit_bytes', 'The budget for them.', () => [{ value: memory.capacity }]);
  registry.observed('copyset_memory_waiting_requests', 'Requests that wait for memory.', () => [
    { value: memory.waiting },
  ]);
  registry.observed('copyset_cache_used_bytes', 'Bytes in the memory tier.', () => [{ value: cache().usedBytes }]);
  registry.observed('copyset_cache_hits', 'Reads that the memory tier answered.', () => [{ value: cache().hits }]);
  registry.observed('copyset_cache_misses', 'Reads that it did not.', () => [{ value: cache().misses }]);
  registry.observed('copyset_volume_read_latency_seconds', 'Smoothed latency of block reads.', () =>
    site.members
      .all()
      .map(({ entry, latency }) => ({ value: latency.smoothedMs / 1000, labels: { volume: entry.id } })),
  );
  registry.observed('copyset_volume_suspect', '1 for a volume that failed or hung at its last use.', () =>
    site.members.all().map(({ entry, suspect }) => ({ value: suspect ? 1 : 0, labels: { volume: entry.id } })),
  );
}
