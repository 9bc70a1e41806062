import { modelLife } from './life.conformance.ts';

modelLife('a model repository of 3 GiB', {
  size: { shards: 6, layersPerShard: 4, width: 4096, adapters: 60 },
  blockBytes: 8 * 2 ** 20,
  timeoutMs: 3_600_000,
});
