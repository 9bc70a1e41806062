import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime, isoTimes } from './time.ts';

test('many times are written as each one alone, whatever their order', () => {
  const nearby = fc.nat(300_000_000).map((ms) => Date.UTC(2024, 1, 28) + ms);
  const any = fc.integer({ min: -8.64e15, max: 8.64e15 });
  fc.assert(
    fc.property(fc.array(fc.oneof(nearby, any), { minLength: 1, maxLength: 20 }), (times) => {
      expect(times.map(isoTimes())).toEqual(times.map(isoTime));
    }),
    { numRuns: 500 },
  );
});
