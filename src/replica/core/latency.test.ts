import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { LatencyTracker } from './latency.ts';

test('knows nothing at first', () => {
  const tracker = new LatencyTracker();
  expect([tracker.smoothedMs, tracker.expectedMs(5), tracker.p95Ms]).toEqual([0, 0, undefined]);
});

test('the mean follows the reads, the newest first', () => {
  const tracker = new LatencyTracker({ window: 8, smoothing: 0.5, halfLifeMs: 1000 });
  tracker.record(10, 0);
  expect(tracker.smoothedMs).toBe(10);
  tracker.record(20, 0);
  expect(tracker.smoothedMs).toBe(15);
});

test('the percentile is of the window: 95 % of the last reads were as fast', () => {
  const tracker = new LatencyTracker({ window: 100, smoothing: 0.2, halfLifeMs: 1000 });
  for (let ms = 1; ms <= 1000; ms++) tracker.record(ms, 0);
  const p95Ms = tracker.p95Ms ?? 0;
  expect(p95Ms).toBeGreaterThanOrEqual(980);
  expect(p95Ms).toBeLessThanOrEqual(996);
});

test('a few slow reads by chance do not become the percentile: hedges would wait for as long', () => {
  const random = seededRandom(1);
  const tracker = new LatencyTracker();
  let misled = 0;
  for (let read = 1; read <= 50_000; read++) {
    tracker.record(random.float() < 0.03 ? 500 : 100, read);
    if (tracker.p95Ms === 500) misled += 1;
  }
  expect(misled).toBeLessThan(500);
});

test('the percentile lies among what was recorded and not below the median', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 15 }), (valuesMs) => {
      const tracker = new LatencyTracker();
      for (const ms of valuesMs) tracker.record(ms, 0);
      const p95Ms = tracker.p95Ms as number;
      expect(valuesMs).toContain(p95Ms);
      expect(valuesMs.filter((ms) => ms <= p95Ms).length * 2).toBeGreaterThan(valuesMs.length);
    }),
  );
});

test('what was slow long ago is expected to be faster now, so it is tried again', () => {
  const tracker = new LatencyTracker({ window: 8, smoothing: 0.2, halfLifeMs: 1000 });
  tracker.record(400, 5000);
  expect(tracker.expectedMs(5000)).toBe(400);
  expect(tracker.expectedMs(6000)).toBe(200);
  expect(tracker.expectedMs(7000)).toBe(100);
  expect(tracker.smoothedMs).toBe(400);
});

test('a read that was given up counts when it had taken longer than others do, and not when it had just begun', () => {
  const tracker = new LatencyTracker();
  tracker.record(10, 0);
  tracker.recordAtLeast(2, 1);
  expect(tracker.smoothedMs).toBe(10);
  tracker.recordAtLeast(110, 2);
  expect(tracker.smoothedMs).toBe(30);
});
