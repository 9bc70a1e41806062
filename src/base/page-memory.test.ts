import { describe, expect, test } from 'vitest';
import { libc, pageBytes } from './libc.ts';
import { pageMemory, placeInPage } from './page-memory.ts';

test('memory of so many bytes', () => {
  for (const bytes of [1, 4096, 270_000]) expect(pageMemory(bytes).byteLength).toBe(bytes);
});

test('where memory that other threads share lies is not told', () => {
  expect(placeInPage(new Uint8Array(new SharedArrayBuffer(10)))).toBeUndefined();
});

describe.runIf(libc !== undefined)('where the kernel can be asked', () => {
  test('it begins at a page', () => {
    for (const bytes of [1, 5000, 270_000]) expect(placeInPage(pageMemory(bytes))).toBe(0);
  });

  test('each of its bytes lies where it should', () => {
    const memory = pageMemory(3 * pageBytes);
    expect([1, 192, 4095, 4096, 5000].map((at) => placeInPage(memory.subarray(at)))).toEqual([1, 192, 4095, 0, 904]);
  });
});
