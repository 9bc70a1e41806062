import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import type { Slab } from '../store.ts';
import { cutBlocks } from './cut-blocks.ts';

/** A body in slabs of these sizes, and how often each was released. */
function bodyOf(sizes: readonly number[]) {
  const bytes = seededRandom(1).bytes(sizes.reduce((sum, size) => sum + size, 0));
  const released = sizes.map(() => 0);
  async function* slabs(): AsyncGenerator<Slab> {
    let at = 0;
    for (const [index, size] of sizes.entries()) {
      const release = () => {
        released[index] = (released[index] as number) + 1;
      };
      yield { bytes: bytes.subarray(at, at + size), release };
      at += size;
    }
  }
  return { bytes, released, slabs: slabs() };
}

const sizes = fc.array(fc.nat(40), { maxLength: 12 });
const blockSizes = fc.integer({ min: 1, max: 50 });

describe('cutting a body', () => {
  test('gives blocks of exactly the size, the last one shorter, and every byte once to who follows', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, blockSizes, async (slabSizes, blockBytes) => {
        const { bytes, released, slabs } = bodyOf(slabSizes);
        const seen: Uint8Array[] = [];
        const blocks: Uint8Array[] = [];
        for await (const block of cutBlocks(slabs, blockBytes, (piece) => seen.push(piece.slice()))) {
          blocks.push(concatBytes(...block.pieces));
          expect(block.bytes).toBe(blocks.at(-1)?.byteLength);
          block.release();
        }
        expect(concatBytes(...blocks)).toEqual(bytes);
        expect(concatBytes(...seen)).toEqual(bytes);
        expect(blocks.slice(0, -1).every(({ byteLength }) => byteLength === blockBytes)).toBe(true);
        expect(blocks.every(({ byteLength }) => byteLength > 0)).toBe(true);
        expect(released).toEqual(slabSizes.map(() => 1));
      }),
    );
  });

  test('holds nothing between blocks where slabs end with them', async () => {
    const { released, slabs } = bodyOf([4, 4, 4]);
    const blocks = cutBlocks(slabs, 8, () => undefined);
    (await blocks.next()).value?.release();
    expect(released).toEqual([1, 1, 0]);
    await blocks.return(undefined);
  });

  test('gives each slab back once its last block is, whoever stops early', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, blockSizes, fc.nat(5), async (slabSizes, blockBytes, taken) => {
        const { released, slabs } = bodyOf(slabSizes);
        const held: (() => void)[] = [];
        for await (const block of cutBlocks(slabs, blockBytes, () => undefined)) {
          held.push(block.release);
          if (held.length > taken) break;
        }
        for (const release of held) release();
        expect(released.every((times) => times <= 1)).toBe(true);
        const begun = released.lastIndexOf(1);
        expect(released.slice(0, begun + 1).every((times) => times === 1)).toBe(true);
      }),
    );
  });
});
