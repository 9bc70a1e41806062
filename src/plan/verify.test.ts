import { describe, expect, it } from 'vitest';
import { formulas } from './registry.ts';
import vectors from './vectors.json' with { type: 'json' };
import { failureOf, readVectors, type Vector, verifyVectors } from './verify.ts';

const good = {
  id: 'a',
  fn: 'nines',
  input: { unavailability: 0.001 },
  expected: { nines: 3 },
  tolerance: { rel: 1e-9, abs: 0 },
};

/** The others draw a million times each: verify.long.test.ts. */
function isExact({ fn }: Vector): boolean {
  return !fn.startsWith('wars');
}

describe('the published vectors', () => {
  it.each(
    readVectors(vectors)
      .filter(isExact)
      .map((vector) => [vector.id, vector] as const),
  )('%s', { timeout: 30_000 }, (_, vector) => {
    expect(failureOf(vector)).toBeUndefined();
  });

  it('cover every formula of the registry', () => {
    const covered = new Set(readVectors(vectors).map((vector) => vector.fn));
    expect(Object.keys(formulas).filter((name) => !covered.has(name))).toEqual([]);
  });
});

describe('verifyVectors', () => {
  it('counts what passes, in a bare list or under `vectors`', () => {
    expect(verifyVectors([good])).toEqual({ passed: 1, failed: [] });
    expect(verifyVectors({ vectors: [good, good] }).passed).toBe(2);
  });

  it('tells a wrong number, a missing field and a wrong list apart from a pass', () => {
    const wrong = [
      { ...good, expected: { nines: 3.1 } },
      { ...good, expected: { other: 3 } },
      { ...good, expected: { nines: [3] } },
    ];
    expect(verifyVectors(wrong).failed.map((failure) => failure.reason)).toEqual([
      'nines: got 3, expected 3.1',
      'other: got undefined, expected 3',
      'nines: got 3, expected [3]',
    ]);
  });

  it('reports an unknown formula and an input that it cannot take as failures of that vector', () => {
    const { passed, failed } = verifyVectors([
      { ...good, fn: 'toString' },
      { ...good, fn: 'mttdl', input: null },
      good,
    ]);
    expect(passed).toBe(1);
    expect(failed.map((failure) => failure.fn)).toEqual(['toString', 'mttdl']);
  });

  it('refuses what is not a vector file', () => {
    expect(() => verifyVectors('x')).toThrow(/JSON list/);
    expect(() => verifyVectors([{ fn: 'nines' }])).toThrow(/vector 0/);
  });
});
