/** Why: what all threads of a door hold together stays within the limits that one door has. */
import type { S3Limits } from '../../s3/limits.ts';

export function partOfLimits(limits: S3Limits, threads: number): S3Limits {
  const part = (all: number) => Math.ceil(all / threads);
  const { maxChunkBytes, maxDocumentBytes } = limits;
  return {
    ...limits,
    maxConnections: part(limits.maxConnections),
    leastUnderWay: part(limits.leastUnderWay),
    // one must fit, or nobody could ever send it
    heldChunkBytes: Math.max(part(limits.heldChunkBytes), maxChunkBytes),
    heldDocumentBytes: Math.max(part(limits.heldDocumentBytes), maxDocumentBytes),
    maxHoldWaiters: part(limits.maxHoldWaiters),
    keptSlabBytes: part(limits.keptSlabBytes),
  };
}
