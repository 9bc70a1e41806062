/** Why: who reads blocks and who fetches them ahead must agree on where blocks of a size wait to be read again. */

/** Blocks up to this size go through the cache tier. */
export const maxCachedBytes = 1024 * 1024;
/** From here on a block is lent where it can be, and the page cache is the tier it needs. */
export const leastLentBytes = 64 * 1024;
/** What is read from the page cache at once: it is verified and sent while the processor's own cache has it. */
export const residentSlabBytes = 512 * 1024;
