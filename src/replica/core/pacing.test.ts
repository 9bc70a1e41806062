import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PaceRule, Pacer } from './pacing.ts';

const rule: PaceRule = { restWhenBusy: 4, restWhenIdle: 0, mostRestMs: 1_000 };
const busy = { areBusy: true };

test('rests a multiple of the work while users are served, and not at all while nobody is', () => {
  expect(new Pacer(rule).restAfter(10, busy)).toBe(40);
  expect(new Pacer(rule).restAfter(10, { areBusy: false })).toBe(0);
});

test('slower pieces make longer rests, by their mean, so that one outlier does not', () => {
  const pacer = new Pacer(rule);
  for (let piece = 0; piece < 9; piece++) pacer.restAfter(10, busy);
  expect(pacer.restAfter(110, busy)).toBe(80);
  for (let piece = 0; piece < 10; piece++) pacer.restAfter(100, busy);
  expect(pacer.restAfter(100, busy)).toBe(400);
});

test('a piece that hung for a minute stops the work for a second', () => {
  expect(new Pacer(rule).restAfter(60_000, busy)).toBe(1_000);
});

test('the share of the time that is worked is what the rule says, unless pieces are too long to rest for', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 200, maxLength: 300 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 9 }), (workedMs, ratio) => {
      const pacer = new Pacer({ ...rule, restWhenBusy: ratio });
      const restedMs = workedMs.reduce((sum, ms) => sum + pacer.restAfter(ms, busy), 0);
      const totalMs = workedMs.reduce((sum, ms) => sum + ms, 0);
      expect(Math.abs(restedMs / totalMs / ratio - 1)).toBeLessThan(0.1);
    }),
  );
});
