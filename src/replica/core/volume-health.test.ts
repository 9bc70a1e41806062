import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckResult, type HealthRule, onVolumeCheck, type VolumeHealth } from './volume-health.ts';

const rule: HealthRule = { goneGraceMs: 5_000, silentGraceMs: 600_000 };
const start: VolumeHealth = { state: 'ok', sinceMs: 0 };

function after(checks: readonly (readonly [CheckResult, number])[], by = rule): VolumeHealth {
  return checks.reduce((health, [result, atMs]) => onVolumeCheck(by, health, { result, atMs }), start);
}

test('a volume whose path or identity is gone is lost when its grace ends, and not before', () => {
  expect(
    after([
      ['gone', 1_000],
      ['gone', 5_999],
    ]).state,
  ).toBe('gone');
  expect(
    after([
      ['gone', 1_000],
      ['gone', 6_000],
    ]),
  ).toMatchObject({ state: 'lost', sinceMs: 6_000 });
});

test('a silent one has the longer grace', () => {
  expect(
    after([
      ['silent', 0],
      ['silent', 599_999],
    ]).state,
  ).toBe('silent');
  expect(
    after([
      ['silent', 0],
      ['silent', 600_000],
    ]).state,
  ).toBe('lost');
});

test('an answer in time makes it ok, and the next absence begins a new grace', () => {
  expect(
    after([
      ['gone', 0],
      ['ok', 4_000],
    ]),
  ).toEqual({ state: 'ok', sinceMs: 4_000 });
  expect(
    after([
      ['gone', 0],
      ['ok', 4_000],
      ['gone', 5_000],
      ['gone', 9_000],
    ]).state,
  ).toBe('gone');
});

test('one absence found late is no long absence: the grace counts from the first check that missed it', () => {
  expect(
    after([
      ['ok', 0],
      ['gone', 1_000_000],
    ]).state,
  ).toBe('gone');
});

test('a failed sync retires at once and for good; what is lost stays lost', () => {
  expect(after([['retired', 3]])).toMatchObject({ state: 'retired', sinceMs: 3 });
  expect(
    after([
      ['retired', 3],
      ['ok', 4],
    ]).state,
  ).toBe('retired');
  expect(
    after([
      ['gone', 0],
      ['gone', 5_000],
      ['ok', 6_000],
    ]).state,
  ).toBe('lost');
});

test('now gone, now silent, never ok: lost after the longer grace', () => {
  const flapping = (untilMs: number) =>
    Array.from(
      { length: untilMs / 1_000 + 1 },
      (_, second) => [second % 2 ? 'silent' : 'gone', second * 1_000] as const,
    );
  expect(after(flapping(599_000)).state).toBe('silent');
  expect(after(flapping(600_000)).state).toBe('lost');
});

test('whatever the checks say: never lost without a whole grace in which no check was ok', () => {
  const result = fc.constantFrom<CheckResult>('ok', 'gone', 'silent');
  const checks = fc.array(fc.tuple(result, fc.integer({ min: 1, max: 3_000 })), { maxLength: 60 });
  fc.assert(
    fc.property(checks, (steps) => {
      const least = Math.min(rule.goneGraceMs, rule.silentGraceMs);
      let atMs = 0;
      let unwellSinceMs: number | undefined;
      let health = start;
      for (const [result, stepMs] of steps) {
        atMs += stepMs;
        unwellSinceMs = result === 'ok' ? undefined : (unwellSinceMs ?? atMs);
        const next = onVolumeCheck(rule, health, { result, atMs });
        if (next.state === 'lost' && health.state !== 'lost') {
          expect(atMs - (unwellSinceMs ?? atMs)).toBeGreaterThanOrEqual(least);
        }
        if (next.state !== 'lost') expect(next.state).toBe(result);
        health = next;
      }
    }),
  );
});
