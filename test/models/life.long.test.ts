/** Where only a share of the long runs is asked for, life.test.ts is this one's. */
import { test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { modelLife } from './life.conformance.ts';

const name = 'a model repository of 3 GiB';

if (shareOf(100) < 100) test.skip(name, () => undefined);
else {
  modelLife(name, {
    size: { shards: 6, layersPerShard: 4, width: 4096, adapters: 60 },
    blockBytes: 8 * 2 ** 20,
    timeoutMs: 3_600_000,
  });
}
