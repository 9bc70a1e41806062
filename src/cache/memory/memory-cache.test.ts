import { expect, test } from 'vitest';
import { nameBlock } from '../../base/block-name.ts';
import { cacheConformance } from '../cache.conformance.ts';
import { MemoryCache } from './memory-cache.ts';

cacheConformance('the memory cache', async (capacityBytes) => ({
  cache: new MemoryCache({ capacityBytes }),
  dispose: async () => undefined,
}));

test('the memory cache hands out the very bytes it was given, unless they are a part of a larger buffer', async () => {
  const cache = new MemoryCache({ capacityBytes: 10_000 });
  const whole = new Uint8Array(100).fill(1);
  const part = new Uint8Array(5000).fill(2).subarray(0, 100);
  for (const bytes of [whole, part]) await cache.put(nameBlock([bytes], 'blake3'), bytes);
  expect(await cache.get(nameBlock([whole], 'blake3'))).toBe(whole);
  expect((await cache.get(nameBlock([part], 'blake3')))?.buffer.byteLength).toBe(100);
});
