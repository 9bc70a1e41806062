import { expect, it } from 'vitest';
import { estimate } from './batches.ts';
import { twinList } from './twin-list.ts';

it.each(twinList.map((twin) => [twin.formula, twin] as const))(
  '%s is inside the 99.9 %% interval of its twin',
  (_, twin) => {
    const { value, ci } = estimate(twin.batchMeans({ seed: 1, batches: 20, perBatch: twin.perBatch }), 0.999);
    const [low, high] = [ci[0] - (twin.bias ?? 0), ci[1] + (twin.bias ?? 0)];
    expect(twin.expected, `simulated ${value}, interval ${low} .. ${high}`).toBeGreaterThanOrEqual(low);
    expect(twin.expected, `simulated ${value}, interval ${low} .. ${high}`).toBeLessThanOrEqual(high);
  },
);

it('notices a formula that is off by a few percent', () => {
  const twin = twinList.find((each) => each.formula === 'mmc');
  const { ci } = estimate(twin?.batchMeans({ seed: 1, batches: 20, perBatch: 6000 }) ?? [], 0.999);
  expect(ci[1]).toBeLessThan((twin?.expected ?? 0) * 1.25);
  expect(ci[0]).toBeGreaterThan((twin?.expected ?? 0) * 0.75);
});
