import { modelLife } from './life.conformance.ts';

// 200 MiB: a fifteenth of the long run, with small blocks so that there are as many of them.
modelLife('a model repository of 200 MiB', {
  size: { shards: 6, layersPerShard: 4, width: 1024, adapters: 60 },
  blockBytes: 2 ** 20,
  maxBandwidth: '15MB/s',
  timeoutMs: 600_000,
});
