/** Why: each write waits for one commit of the catalog; how long that takes is the floor of every PUT. */
import type { Clock } from '../../../base/clock.ts';
import type { Kv } from '../../../kv/kv.ts';
import { fineLatencyBounds, type Metrics } from '../../../observe/metrics/metrics.ts';

export function meteredKv(kv: Kv, metrics: Metrics, clock: Clock): Kv {
  const seconds = metrics.histogram(
    'copyset_catalog_commit_seconds',
    'From the wish to commit until it is durable in most journals.',
    fineLatencyBounds,
  );
  return {
    limits: kv.limits,
    get: (key, options) => kv.get(key, options),
    range: (query, options) => kv.range(query, options),
    commit: async (commit, options) => {
      const startedMs = clock.monotonicMs();
      const result = await kv.commit(commit, options);
      if (result.committed) seconds.observe((clock.monotonicMs() - startedMs) / 1000);
      return result;
    },
    changes: (after, limit, options) => kv.changes(after, limit, options),
    changed: (after, options) => kv.changed(after, options),
    trim: (upTo, options) => kv.trim(upTo, options),
    status: (options) => kv.status(options),
    close: () => kv.close(),
  };
}
