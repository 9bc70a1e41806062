import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { VerifiedPlaces } from './verified-places.ts';

let nowMs: number;
const clock = { ...systemClock, monotonicMs: () => nowMs };
let places: VerifiedPlaces;
const whole = { first: 0, end: 4, of: 4 };

beforeEach(() => {
  nowMs = 0;
  places = new VerifiedPlaces({ clock, lifetimeMs: 1000, maxChunks: 8 });
});

test('a chunk counts until its time is over, each by itself', () => {
  places.mark('a', { first: 0, end: 2, of: 4 });
  nowMs = 600;
  places.mark('a', { first: 2, end: 4, of: 4 });
  expect(places.covers('a', whole)).toBe(true);
  nowMs = 1001;
  expect(places.covers('a', whole)).toBe(false);
  expect(places.covers('a', { first: 2, end: 4, of: 4 })).toBe(true);
  expect(places.covers('a', { first: 1, end: 3, of: 4 })).toBe(false);
});

test('what was never marked, or lies elsewhere, does not count', () => {
  places.mark('a', { first: 1, end: 2, of: 4 });
  expect(places.covers('a', whole)).toBe(false);
  expect(places.covers('b', { first: 1, end: 2, of: 4 })).toBe(false);
});

test('the places marked longest ago are forgotten first', () => {
  for (const place of ['a', 'b', 'a', 'c']) places.mark(place, whole);
  expect(['a', 'b', 'c'].map((place) => places.covers(place, whole))).toEqual([true, false, true]);
  places.mark('d', { first: 0, end: 100, of: 100 });
  expect(['a', 'c', 'd'].map((place) => places.covers(place, whole))).toEqual([false, false, true]);
});

test('without a lifetime nothing counts', () => {
  const none = new VerifiedPlaces({ clock, lifetimeMs: 0 });
  expect([none.counts, places.counts]).toEqual([false, true]);
  none.mark('a', whole);
  expect(none.covers('a', whole)).toBe(false);
});
