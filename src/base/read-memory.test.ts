import { expect, test } from 'vitest';
import { ReadMemory } from './read-memory.ts';

const mebibyte = 2 ** 20;

test('what is given back, by any view of it, is given out again', () => {
  const memory = new ReadMemory({ maxFreeBytes: 8 * mebibyte });
  const first = memory.take(mebibyte + 1);
  expect(first.byteLength).toBe(mebibyte + 1);
  memory.give(first.subarray(100, 200));
  expect(memory.freeBytes).toBe(mebibyte + 65_536);
  const second = memory.take(mebibyte + 60_000);
  expect([second.buffer === first.buffer, second.byteLength, memory.freeBytes]).toEqual([true, mebibyte + 60_000, 0]);
  expect(memory.take(mebibyte + 1).buffer === first.buffer).toBe(false);
});

test('it is given out to one at a time, though it is given back twice', () => {
  const memory = new ReadMemory({ maxFreeBytes: 8 * mebibyte });
  const taken = memory.take(mebibyte);
  memory.give(taken);
  memory.give(taken);
  expect(memory.freeBytes).toBe(mebibyte);
  const [one, other] = [memory.take(mebibyte), memory.take(mebibyte)];
  expect(one.buffer === other.buffer).toBe(false);
});

test('what it did not give out, and what is small, is left to others', () => {
  const memory = new ReadMemory({ maxFreeBytes: 8 * mebibyte });
  memory.give(new Uint8Array(mebibyte));
  memory.give(new Uint8Array(new SharedArrayBuffer(mebibyte)));
  memory.give(memory.take(1000));
  expect([memory.freeBytes, memory.take(1000).byteLength, memory.take(0).byteLength]).toEqual([0, 1000, 0]);
});

test('what was free all the time is given back when it is trimmed', () => {
  const memory = new ReadMemory({ maxFreeBytes: 8 * mebibyte });
  const all = [1, 1, 2, 3].map((size) => memory.take(size * mebibyte));
  for (const one of all) memory.give(one);
  memory.trim(); // nothing was free all the time
  expect(memory.freeBytes).toBe(7 * mebibyte);
  const used = memory.take(3 * mebibyte);
  memory.give(used);
  memory.trim();
  expect(memory.freeBytes).toBe(3 * mebibyte);
  memory.trim();
  expect([memory.freeBytes, ...all.map(({ byteLength }) => byteLength)]).toEqual([0, 0, 0, 0, 0]);
});

test('it keeps no more than it may', () => {
  const memory = new ReadMemory({ maxFreeBytes: 3 * mebibyte });
  const all = Array.from({ length: 5 }, () => memory.take(mebibyte));
  for (const one of all) memory.give(one);
  expect(memory.freeBytes).toBe(3 * mebibyte);
  expect(all.map(({ byteLength }) => byteLength / mebibyte)).toEqual([1, 1, 1, 0, 0]); // the others are free at once
});
