import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { type Work, WorkUnderWay } from './work-under-way.ts';

const options = { leastUnderWay: 4, maxWorkMs: 100 };

test('as many as is least are always taken, one more is not, and what ends makes room', () => {
  const all = new WorkUnderWay(options);
  const works = Array.from({ length: 4 }, () => all.begin(0, 0));
  expect(works.every((work) => work !== undefined)).toBe(true);
  expect(all.begin(0, 0)).toBeUndefined();
  works[0]?.end(1);
  expect(all.begin(1, 0)).toBeDefined();
});

test('who waits for a client or for memory is not under way', () => {
  const all = new WorkUnderWay(options);
  const works = Array.from({ length: 4 }, () => all.begin(0, 0));
  works[0]?.rest();
  works[0]?.rest();
  expect(all.underWay).toBe(3);
  expect(all.begin(0, 0)).toBeDefined();
  works[0]?.goOn();
  expect([all.underWay, all.begin(0, 0)]).toEqual([5, undefined]);
  expect(all.begin(0, 2)).toBeDefined();
});

test('ten times the load that can be served leaves what is done as it was, and its time bounded', () => {
  const perMs = 2;
  const all = new WorkUnderWay(options);
  const random = seededRandom(1);
  const queue: { readonly sinceMs: number; readonly work: Work }[] = [];
  const tookMs: number[] = [];
  let refused = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs++) {
    for (let arrived = 0; arrived < 2 * 10 * perMs; arrived++) {
      if (random.integer(2) === 0) continue;
      const work = all.begin(nowMs, 0);
      if (work === undefined) refused += 1;
      else queue.push({ sinceMs: nowMs, work });
    }
    for (const { sinceMs, work } of queue.splice(0, perMs)) {
      work.end(nowMs);
      tookMs.push(nowMs - sinceMs);
    }
  }
  expect(tookMs.length).toBeGreaterThan(0.99 * perMs * 10_000);
  expect(refused).toBeGreaterThan(8 * perMs * 10_000);
  expect(Math.max(...tookMs)).toBeLessThanOrEqual(options.maxWorkMs + 10);
});
