/** Why: few names and few contents, so that operations meet; among them what listings, paths and XML trip over. */
import { seededRandom } from '../../src/base/random.ts';

export const bucketNames = ['alpha', 'beta'] as const;

/** One is a prefix of others, one needs encoding, and the last two stand the other way round in UTF-16. */
export const keys = ['a', 'a/', 'a/../b', 'a/b c+%&é', '\uFF21/x', '\u{1F600}/x'] as const;

/** All parts but the last must have as much; the store of the test is told so. */
export const minPartBytes = 16 * 1024;

const random = seededRandom(7);

/** Around the block, the least part, and what still has an MD5 for its ETag. */
export const contents = {
  empty: new Uint8Array(0),
  word: Buffer.from('hello'),
  short: random.bytes(3000),
  part: random.bytes(minPartBytes),
  blocks: random.bytes(minPartBytes * 2 + 17),
  long: random.bytes(70 * 1024),
} as const satisfies Record<string, Uint8Array>;

export type ContentName = keyof typeof contents;
export const contentNames = Object.keys(contents) as ContentName[];
