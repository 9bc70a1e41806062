import { expect, test } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { startMemorySite } from '../../../test/support/memory-site.ts';
import { seededRandom } from '../../base/random.ts';
import { MemoryCache } from '../../cache/memory/memory-cache.ts';

/** B of the buckets here. */
const block = 16 * 1024;

async function siteWith(bytes: Uint8Array) {
  const site = await startMemorySite({ volumes: 4, cache: new MemoryCache({ capacityBytes: 2 ** 22 }) });
  await site.store.createBucket('models');
  await site.store.put('models', 'weights', { body: bodyOf(bytes), headers: { metadata: {} } });
  return site;
}

test.each([block, 20 * block])(
  'of %d bytes, what is at hand once it was read is what is read, within one block',
  async (length) => {
    const bytes = seededRandom(length).bytes(length);
    const { store, context } = await siteWith(bytes);
    const ranges = [
      [0, block - 1, true],
      [length - 100, length - 1, true],
      [length - block - 1, length - 1, false],
    ] as const;
    for (const [first, last, isOfOneBlock] of ranges.filter(([from]) => from >= 0)) {
      const get = () => store.get('models', 'weights', { range: { kind: 'from', first, last } });
      await readAll(await get());
      const piece = (await get()).atHand();
      expect(piece !== undefined).toBe(isOfOneBlock);
      if (piece === undefined || 'span' in piece) continue;
      expect(Buffer.compare(piece.bytes, bytes.subarray(first, last + 1))).toBe(0);
      expect(context.memory.inUse).toBe(last + 1 - first);
      piece.release();
    }
    expect(context.memory.inUse).toBe(0);
  },
);

test('nothing is at hand of what was not read yet, of nothing, or while memory is not free', async () => {
  const { store, context } = await siteWith(seededRandom(1).bytes(block));
  expect((await store.get('models', 'weights')).atHand()).toBeUndefined();
  await readAll(await store.get('models', 'weights'));
  const all = context.memory.tryAcquire(context.memory.mostBytes);
  expect((await store.get('models', 'weights')).atHand()).toBeUndefined();
  all?.release();
  expect((await store.get('models', 'weights')).atHand()).toBeDefined();
  await store.put('models', 'weights', { body: bodyOf(new Uint8Array(0)), headers: { metadata: {} } });
  expect((await store.get('models', 'weights')).atHand()).toBeUndefined();
});
