import { describe, expect, it } from 'vitest';
import { range } from '../numeric/lists.ts';
import { adviseReplicas, prefetchEpoch, Successors } from './advice.ts';

const policy = { min: 2, max: 8, copyBps: 1e8, usdPerGBMonth: 0.02, valuePerSec: 0.001 };
const object = { id: 'model', ratePerSec: 900, bytes: 1e9, copies: 2, serviceSec: 0.002, settledSec: 1000 };

describe('replicas', () => {
  it.each([
    ['hot: more', {}, 3],
    ['in between: as it is', { ratePerSec: 500 }, 2],
    ['cooled: fewer, never below the minimum', { ratePerSec: 10, copies: 5 }, 2],
    ['changed lately: as it is', { settledSec: 99 }, 2],
    ['at the limit: as it is', { ratePerSec: 9000, copies: 8 }, 8],
    ['hot, but waiting costs nothing: as it is', { bytes: 1e16, settledSec: 1e10 }, 2],
  ])('%s', (_, changed, copies) => {
    expect(adviseReplicas({ ...object, ...changed }, policy).copies).toBe(copies);
  });

  it('settle: advice that was followed is not taken back', () => {
    const { copies } = adviseReplicas(object, policy);
    expect(adviseReplicas({ ...object, copies }, policy).copies).toBe(copies);
  });
});

describe('prefetch', () => {
  const costs = { missSec: 0.08, hitSec: 0.001, fetchCost: 0.02, valuePerSec: 1, blocksPerSec: 50 };

  it('of an epoch runs ahead by the latency', () => {
    expect(prefetchEpoch(range(10).map(String), 2, costs).next).toEqual(['3', '4', '5', '6']);
    expect(prefetchEpoch(['a', 'b'], 1, costs).next).toEqual([]);
  });

  it('of successors asks for those that are likely enough', () => {
    const successors = new Successors(0.95);
    for (const each of 'abababacab') successors.observe(each);
    expect(successors.advise('a', costs).next).toEqual(['b']);
    expect(successors.advise('z', costs).next).toEqual([]);
    expect(successors.advise('a', { ...costs, fetchCost: 1 }).next).toEqual([]);
  });

  it('forgets', () => {
    const successors = new Successors(0.5);
    for (const each of 'abababab') successors.observe(each);
    for (const each of 'acacacacac') successors.observe(each);
    expect(successors.advise('a', costs).next).toEqual(['c']);
  });
});
