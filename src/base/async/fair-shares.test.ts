import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asking, FairShares } from './fair-shares.ts';

const options = { capacityBytes: 100, smallBytes: 5, keptForSmallBytes: 20, keptForLargeBytes: 40 };
const ask = (shares: FairShares, bytes: number) => {
  const asking: Asking = { bytes };
  return { asking, holds: shares.ask(asking) };
};

test('who wants little does not wait behind those who want much', () => {
  const shares = new FairShares(options);
  expect(ask(shares, 80).holds).toBe(true);
  expect(ask(shares, 80).holds).toBe(false);
  expect(ask(shares, 5).holds).toBe(true);
});

test('who wants much is not kept out by many who want little', () => {
  const shares = new FairShares(options);
  const small = Array.from({ length: 20 }, () => ask(shares, 5));
  expect(small.filter(({ holds }) => holds)).toHaveLength(12);
  expect(ask(shares, 40).holds).toBe(true);
});

test('within a kind nobody is overtaken, and who leaves makes room', () => {
  const shares = new FairShares(options);
  const first = ask(shares, 60);
  const second = ask(shares, 50);
  const third = ask(shares, 10);
  expect([first.holds, second.holds, third.holds]).toEqual([true, false, false]);
  expect(shares.before(10)).toEqual({ bytes: 60, first: second.asking });
  expect(shares.leave(second.asking)).toEqual([third.asking]);
});

test('any order of asking, giving back and leaving keeps the bounds, and nobody waits in vain', () => {
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 80 }), next: fc.constantFrom('keep', 'give', 'leave') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const shares = new FairShares(options);
      const held: Asking[] = [];
      const waiting = new Set<Asking>();
      const go = (served: readonly Asking[]) => {
        for (const each of served) {
          waiting.delete(each);
          held.push(each);
        }
      };
      for (const { bytes, next } of steps) {
        const { asking, holds } = ask(shares, bytes);
        if (holds) held.push(asking);
        else waiting.add(asking);
        const back = next === 'give' ? held.shift() : undefined;
        const [gone] = next === 'leave' ? waiting : [];
        if (gone !== undefined) waiting.delete(gone);
        if (back !== undefined) go(shares.giveBack(back));
        if (gone !== undefined) go(shares.leave(gone));
        const sum = (of: readonly Asking[]) => of.reduce((total, each) => total + each.bytes, 0);
        expect(shares.heldBytes).toBe(sum(held));
        expect(sum(held)).toBeLessThanOrEqual(100);
        expect(sum(held.filter((each) => each.bytes > 5))).toBeLessThanOrEqual(80);
        expect(sum(held.filter((each) => each.bytes <= 5))).toBeLessThanOrEqual(60);
      }
      while (held.length > 0) go(shares.giveBack(held.shift() as Asking));
      expect([waiting.size, shares.waiting, shares.heldBytes]).toEqual([0, 0, 0]);
    }),
  );
});
