/** Why: what cache.ts promises, shown for every tier and every wrapper. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BlockName, nameBlock } from '../base/block-name.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import type { Cache } from './cache.ts';

type Block = { readonly name: BlockName; readonly bytes: Uint8Array };

const capacityBytes = 2 * 2 ** 20;
const blockBytes = 16 * 1024;
const fitting = capacityBytes / blockBytes;

/** A block of its own for every number. */
function block(number: number, length = blockBytes): Block {
  const bytes = new Uint8Array(Buffer.alloc(length, `${number},`));
  return { name: nameBlock([bytes], 'blake3'), bytes };
}

/** `open` gives an empty cache of the given capacity each time; `dispose` takes it away. */
export function cacheConformance(
  name: string,
  open: (capacityBytes: number) => Promise<{ readonly cache: Cache; readonly dispose: () => Promise<void> }>,
): void {
  describe(`${name} keeps the promises of a cache`, () => {
    let cache: Cache;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ cache, dispose } = await open(capacityBytes));
    });
    afterEach(() => dispose());

    async function put({ name: blockName, bytes }: Block): Promise<void> {
      await cache.put(blockName, bytes);
    }

    /** How many of the blocks it has; all that it has must be whole. */
    async function count(blocks: readonly Block[]): Promise<number> {
      let there = 0;
      for (const { name: blockName, bytes } of blocks) {
        const got = await cache.get(blockName);
        if (got !== undefined) expect(equalBytes(got, bytes)).toBe(true);
        there += got === undefined ? 0 : 1;
      }
      return there;
    }

    test('gives back what was put, of any length, and nothing else', async () => {
      const blocks = [0, 1, 511, 4096, 4097, 100_000].map((length, number) => block(number, length));
      expect(await count(blocks)).toBe(0);
      for (const one of blocks) await put(one);
      expect(await count(blocks)).toBe(blocks.length);
      expect(await cache.get(block(99).name)).toBeUndefined();
      expect(cache.usage()).toMatchObject({ entries: 6, hits: 6, misses: 7, evictions: 0, failures: 0 });
    });

    test('what is at hand is what was put, and counts only when it is there', async () => {
      expect(cache.atHand(block(1).name)).toBeUndefined();
      expect(cache.usage()).toMatchObject({ hits: 0, misses: 0 });
      await put(block(1));
      const bytes = cache.atHand(block(1).name);
      expect(cache.usage()).toMatchObject({ hits: bytes === undefined ? 0 : 1, misses: 0 });
      if (bytes !== undefined) expect(equalBytes(bytes, block(1).bytes)).toBe(true);
      await cache.delete(block(1).name);
      expect(cache.atHand(block(1).name)).toBeUndefined();
    });

    test('keeps its own copy of a view into a larger buffer whole', async () => {
      const { name: blockName, bytes } = block(1);
      const pool = new Uint8Array(3 * blockBytes);
      pool.set(bytes, 100);
      await cache.put(blockName, pool.subarray(100, 100 + blockBytes));
      expect(await count([{ name: blockName, bytes }])).toBe(1);
    });

    test('counts an entry once, however often it is put', async () => {
      await put(block(1));
      const once = cache.usage();
      await Promise.all([put(block(1)), put(block(1))]);
      expect(cache.usage()).toEqual(once);
      expect(once.usedBytes).toBeGreaterThan(blockBytes);
    });

    test('forgets what is deleted and frees its bytes; deleting what is not there is no error', async () => {
      await put(block(1));
      await cache.delete(block(1).name);
      await cache.delete(block(2).name);
      expect(await count([block(1)])).toBe(0);
      expect(cache.usage()).toMatchObject({ entries: 0, usedBytes: 0 });
      await put(block(1));
      expect(await count([block(1)])).toBe(1);
    });

    test('never takes more than its capacity, overhead included, and fills most of it', async () => {
      const random = seededRandom(1);
      for (let number = 0; number < 3 * fitting; number++) {
        await put(block(number, random.integer(2 * blockBytes)));
        expect(cache.usage().usedBytes).toBeLessThanOrEqual(capacityBytes);
      }
      const { usedBytes, evictions } = cache.usage();
      expect(usedBytes).toBeGreaterThan(0.9 * capacityBytes);
      expect(evictions).toBeGreaterThan(fitting);
    });

    test('many tiny entries stay within the capacity too', async () => {
      const small = await open(64 * 1024);
      for (let number = 0; number < 200; number++) {
        const bytes = utf8(`${number}`);
        await small.cache.put(nameBlock([bytes], 'blake3'), bytes);
      }
      const { entries, usedBytes } = small.cache.usage();
      expect(usedBytes).toBeLessThanOrEqual(64 * 1024);
      expect(entries).toBeLessThan(100);
      await small.dispose();
    });

    test('does without what is larger than itself, and loses nothing for it', async () => {
      await put(block(1));
      await put(block(2, capacityBytes));
      expect(await count([block(1), block(2, capacityBytes)])).toBe(1);
    });

    test('one pass over more than fits does not flush what is used', async () => {
      const hot = Array.from({ length: fitting / 4 }, (_, number) => block(number));
      for (const one of hot) await put(one);
      await count(hot);
      for (let number = 0; number < 3 * fitting; number++) await put(block(1000 + number));
      expect(await count(hot)).toBe(hot.length);
    });

    test('overlapping calls on few names give whole blocks or nothing', async () => {
      const random = seededRandom(3);
      const blocks = Array.from({ length: 8 }, (_, number) => block(number));
      const call = async (one: Block) => {
        const draw = random.integer(4);
        if (draw === 0) await cache.delete(one.name);
        else if (draw === 1) await put(one);
        else await count([one]);
      };
      for (let round = 0; round < 20; round++) await Promise.all([...blocks, ...blocks, ...blocks].map(call));
      for (const one of blocks) await cache.delete(one.name);
      expect(cache.usage()).toMatchObject({ entries: 0, usedBytes: 0, failures: 0 });
    });

    test('a call whose signal aborted rejects, and the next one works', async () => {
      const options = { signal: AbortSignal.abort() };
      await put(block(1));
      await expect(cache.get(block(1).name, options)).rejects.toMatchObject({ code: 'request.aborted' });
      await expect(cache.put(block(2).name, block(2).bytes, options)).rejects.toMatchObject({
        code: 'request.aborted',
      });
      await expect(cache.delete(block(1).name, options)).rejects.toMatchObject({ code: 'request.aborted' });
      expect(await count([block(1), block(2)])).toBe(1);
    });

    test('after it was closed it answers `closed`; closing again is no error', async () => {
      await put(block(1));
      await cache.close();
      await cache.close();
      await expect(cache.get(block(1).name)).rejects.toMatchObject({ code: 'closed' });
      await expect(put(block(1))).rejects.toMatchObject({ code: 'closed' });
      await expect(cache.delete(block(1).name)).rejects.toMatchObject({ code: 'closed' });
    });
  });
}
