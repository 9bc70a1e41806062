import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePoints, extendRuns, type Point, sharedSequence, type Term, type TermRun } from './point.ts';

const hash = new Uint8Array(32);
const term = (number: number, nonce = 'a'): Term => ({ number, nonce });
const point = (number: number, sequence: number): Point => ({ sequence, term: term(number), revision: 0, hash });

test('the higher term wins, in one term the longer history', () => {
  expect(comparePoints(point(2, 1), point(1, 9))).toBeGreaterThan(0);
  expect(comparePoints(point(2, 8), point(2, 9))).toBeLessThan(0);
  expect(comparePoints(point(2, 8), point(2, 8))).toBe(0);
});

/** A tree of histories, as starts leave them: each branch goes on somewhere in another, in a term of its own. */
const histories = fc
  .array(fc.record({ from: fc.nat(), cut: fc.nat(), length: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((branches) => {
    const all: Term[][] = [[term(0)]];
    for (const [at, { from, cut, length }] of branches.entries()) {
      const parent = all[from % all.length] as Term[];
      const number = Math.max(...parent.map((one) => one.number)) + 1;
      all.push([...parent.slice(0, 1 + (cut % parent.length)), ...Array(length).fill(term(number, `branch ${at}`))]);
    }
    return all;
  });

function runsOf(history: readonly Term[]): TermRun[] {
  const runs: TermRun[] = [];
  for (const [sequence, one] of history.entries()) extendRuns(runs, { sequence, term: one, revision: 0, hash });
  return runs;
}

test('what two histories share is found from their terms alone', () => {
  fc.assert(
    fc.property(histories, (all) => {
      for (const left of all) {
        for (const right of all) {
          const differ = left.findIndex((one, at) => one !== right[at]);
          const shared = (differ < 0 ? left.length : differ) - 1;
          expect(sharedSequence(runsOf(left), runsOf(right))).toBe(shared);
        }
      }
    }),
  );
});

test('histories without a common term share nothing that is known', () => {
  expect(sharedSequence([{ term: term(1, 'a'), last: 4 }], [{ term: term(1, 'b'), last: 4 }])).toBeUndefined();
});
