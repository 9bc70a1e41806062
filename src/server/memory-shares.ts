/**
 * Why: one number, `memoryBytes`, bounds what bodies and blocks take of memory. It is cut here, once, into what is
 * bounded apart. Beside it are the program itself, the catalog's caches, and what a connection holds without a body.
 */
import type { S3Limits } from '../s3/limits.ts';

export type MemoryShares = {
  /** Of bodies and blocks on their way, in and out; who begins may have to come again, who began waits for its turn. */
  readonly bodyBytes: number;
  /** Of hot small blocks and manifests. */
  readonly tierBytes: number;
  /** Of what was read into and is kept for the next read. */
  readonly keptReadBytes: number;
  readonly door: Pick<S3Limits, 'keptSlabBytes' | 'heldChunkBytes' | 'heldDocumentBytes'>;
};

const shareOf = { tier: 1 / 8, keptReads: 1 / 16, keptSlabs: 1 / 16, heldChunks: 1 / 8, heldDocuments: 1 / 32 };
/** More of these is no use to a single process. */
const most = { keptBytes: 32 * 2 ** 20, chunkBytes: 64 * 2 ** 20, documentBytes: 16 * 2 ** 20 };

/** `least`: one chunk and one document must fit, or nobody could ever send it. */
export function cutMemory(
  memoryBytes: number,
  least: Pick<S3Limits, 'maxChunkBytes' | 'maxDocumentBytes'>,
): MemoryShares {
  const part = (share: number, mostBytes: number) => Math.min(Math.floor(memoryBytes * share), mostBytes);
  const tierBytes = part(shareOf.tier, Number.POSITIVE_INFINITY);
  const keptReadBytes = part(shareOf.keptReads, most.keptBytes);
  const keptSlabBytes = part(shareOf.keptSlabs, most.keptBytes);
  const heldChunkBytes = Math.max(part(shareOf.heldChunks, most.chunkBytes), least.maxChunkBytes);
  const heldDocumentBytes = Math.max(part(shareOf.heldDocuments, most.documentBytes), least.maxDocumentBytes);
  const bodyBytes = memoryBytes - tierBytes - keptReadBytes - keptSlabBytes - heldChunkBytes - heldDocumentBytes;
  return { bodyBytes, tierBytes, keptReadBytes, door: { keptSlabBytes, heldChunkBytes, heldDocumentBytes } };
}
