import { expect, it } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { range } from '../numeric/lists.ts';
import { covers, estimate } from './batches.ts';
import { twinList } from './twin-list.ts';

const seeds = range(shareOf(20, 2)).map((index) => index + 1);

it.each(twinList.map((twin) => [twin.formula, twin] as const))('%s, five times the draws, many seeds', (_, twin) => {
  const outside = seeds.filter((seed) => {
    const found = estimate(twin.batchMeans({ seed, batches: 20, perBatch: 5 * twin.perBatch }), 0.999);
    const widened = { ...found, ci: [found.ci[0] - (twin.bias ?? 0), found.ci[1] + (twin.bias ?? 0)] as const };
    return !covers(widened, twin.expected);
  });
  // one in a thousand is outside by chance: two of twenty are not
  expect(outside.length, `seeds outside: ${outside.join()}`).toBeLessThanOrEqual(1);
});
