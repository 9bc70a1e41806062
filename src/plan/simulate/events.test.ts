import fc from 'fast-check';
import { expect, it } from 'vitest';
import { range } from '../numeric/lists.ts';
import { EventQueue } from './events.ts';
import { Server } from './server.ts';
import { streamsOf } from './streams.ts';

it('happens in order of time, ties in order of scheduling', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
      const events = new EventQueue();
      const seen: [number, number][] = [];
      for (const [index, delay] of delays.entries()) events.after(delay, () => seen.push([events.nowSec, index]));
      events.runUntil(Number.POSITIVE_INFINITY);
      const expected = delays.map((delay, index): [number, number] => [delay, index]);
      expect(seen).toEqual(expected.sort((left, right) => left[0] - right[0] || left[1] - right[1]));
    }),
  );
});

it('stops at the given time and goes on from there', () => {
  const events = new EventQueue();
  const seen: number[] = [];
  events.after(1, () => seen.push(1));
  events.after(3, () => seen.push(3));
  events.runUntil(2);
  expect(seen).toEqual([1]);
  expect(events.nowSec).toBe(2);
  events.after(0.5, () => seen.push(2.5));
  events.runUntil(10);
  expect(seen).toEqual([1, 2.5, 3]);
});

it('a server works on as many as it has slots, first come, first served', () => {
  const events = new EventQueue();
  const server = new Server(events, 2);
  const ends: [number, number][] = [];
  for (const job of range(5)) server.serve(1, () => ends.push([job, events.nowSec]));
  events.runUntil(Number.POSITIVE_INFINITY);
  expect(ends).toEqual([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
  ]);
});

it('streams are the same for the same seed and name, and differ otherwise', () => {
  const first = (seed: number, name: string) => streamsOf(seed)(name).float();
  expect(first(1, 'disk 0')).toBe(first(1, 'disk 0'));
  expect(new Set([first(1, 'disk 0'), first(1, 'disk 1'), first(2, 'disk 0')]).size).toBe(3);
});
