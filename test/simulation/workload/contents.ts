/** Why: few contents on few keys, so that what is written meets what was written before, and what is being deleted. */
import { type BlockName, nameBlock } from '../../../src/base/block-name.ts';
import { concatBytes } from '../../../src/base/bytes.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';

export const blockBytes = 1024;
const blockCount = 10;
const mostBlocks = 5;
const fashionMs = 10_000;
const fashionStep = 2;
const fashionWidth = 3;

const blocks: readonly Uint8Array[] = Array.from({ length: blockCount }, (_, index) =>
  seededRandom(index).bytes(blockBytes),
);

const blocksByName = new Map<BlockName, Uint8Array>(blocks.map((block) => [nameBlock([block], 'blake3'), block]));

/**
 * Up to five blocks, of the few that are in fashion. What goes out of fashion becomes garbage, is put into the trash,
 * and comes back some time.
 */
export function drawContent(random: Random, nowMs: number): Uint8Array {
  const first = Math.floor(nowMs / fashionMs) * fashionStep;
  const chosen = Array.from(
    { length: random.integer(mostBlocks + 1) },
    () => blocks[(first + random.integer(fashionWidth)) % blockCount] as Uint8Array,
  );
  return concatBytes(...chosen);
}

/** The bytes of this block, if it is one of the ten. */
export function contentOfBlock(name: BlockName): Uint8Array | undefined {
  return blocksByName.get(name);
}

export type BucketPlan = { readonly name: string; readonly copies: number; readonly writeQuorum: number };

/** Two of them share a placement class. */
export const buckets: readonly BucketPlan[] = [
  { name: 'three-two', copies: 3, writeQuorum: 2 },
  { name: 'three-three', copies: 3, writeQuorum: 3 },
  { name: 'two-two', copies: 2, writeQuorum: 2 },
];

/** M, and thereby the placement class. */
export function copiesOf(bucket: string): number | undefined {
  return buckets.find(({ name }) => name === bucket)?.copies;
}

export type Target = { readonly bucket: string; readonly key: string };

/** Twenty. */
export const targets: readonly Target[] = Array.from({ length: 20 }, (_, index) => ({
  bucket: (buckets[index % buckets.length] as BucketPlan).name,
  key: `k${index}`,
}));
