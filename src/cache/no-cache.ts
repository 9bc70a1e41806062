/** Why: a site without a cache tier runs the same code as one with it: this tier keeps nothing. */
import type { Cache } from './cache.ts';

export const noCache: Cache = {
  get: async () => undefined,
  atHand: () => undefined,
  put: async () => undefined,
  delete: async () => undefined,
  usage: () => ({ entries: 0, usedBytes: 0, capacityBytes: 0, hits: 0, misses: 0, evictions: 0, failures: 0 }),
  close: async () => undefined,
};
