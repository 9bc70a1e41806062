import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { range } from '../../numeric/lists.ts';
import { bestStrategy, systemOf } from './load.ts';
import { quorumSearch } from './search.ts';
import { antichains, contains, minimalSets, minimalTransversals, resilientSets, sizeOf } from './system.ts';

const sets = fc.array(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 6 });

describe('quorum systems', () => {
  it('every write quorum meets every read quorum, and the dual of the dual is the system', () => {
    fc.assert(
      fc.property(sets, (raw) => {
        const reads = minimalSets(raw);
        const writes = minimalTransversals(reads, 5);
        expect(reads.every((read) => writes.every((write) => (read & write) !== 0))).toBe(true);
        expect(new Set(minimalTransversals(writes, 5))).toEqual(new Set(reads));
      }),
    );
  });

  it('resilient sets still hold a quorum without any one of their members', () => {
    fc.assert(
      fc.property(sets, (raw) => {
        const reads = minimalSets(raw);
        const resilient = resilientSets(reads, 5, 1);
        const holds = (set: number) => reads.some((quorum) => contains(set, quorum));
        expect(resilient.every((set) => range(5).every((bit) => holds(set & ~(1 << bit))))).toBe(true);
      }),
    );
  });

  it('counts as Dedekind did: 1, 4, 18, 166 antichains', () => {
    expect(range(4).map((index) => antichains(index + 1).length)).toEqual([1, 4, 18, 166]);
  });

  it('majorities of equal nodes have the load that Naor and Wool proved: k / n', () => {
    const nodes = range(5).map(() => ({ readCapacity: 1, writeCapacity: 1 }));
    const majorities = range(32).filter((set) => sizeOf(set) === 3);
    const strategy = bestStrategy(systemOf(nodes, majorities, 0), { '1': 1 }, { optimize: 'load' });
    expect(strategy?.load).toBeCloseTo(3 / 5, 9);
    expect(strategy?.network).toBeCloseTo(3, 9);
  });

  it('refuses to search more than five nodes one by one', () => {
    const nodes = Object.fromEntries(range(6).map((index) => [`n${index}`, { readCapacity: 1, writeCapacity: 1 }]));
    expect(() => quorumSearch({ nodes, readFraction: { '1': 1 }, minResilience: 0, optimize: 'load' })).toThrow(
      /at most 5/,
    );
  });
});
