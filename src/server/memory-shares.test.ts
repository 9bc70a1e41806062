import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultS3Limits } from '../s3/limits.ts';
import { cutMemory, type MemoryShares } from './memory-shares.ts';

const MiB = 2 ** 20;

function sum({ door, ...own }: MemoryShares): number {
  return [...Object.values(own), ...Object.values(door)].reduce((all, bytes) => all + bytes, 0);
}

test('the shares are the whole, and most of it is for bodies', () => {
  fc.assert(
    fc.property(fc.integer({ min: 64 * MiB, max: 2 ** 40 }), (memoryBytes) => {
      const shares = cutMemory(memoryBytes, defaultS3Limits);
      expect(sum(shares)).toBe(memoryBytes);
      expect(shares.bodyBytes).toBeGreaterThan(memoryBytes / 3);
      expect(Object.values(shares.door).every((bytes) => bytes > 0)).toBe(true);
    }),
  );
});

test('of the smallest there is room for one chunk and one document', () => {
  const { door } = cutMemory(64 * MiB, defaultS3Limits);
  expect(door.heldChunkBytes).toBe(defaultS3Limits.maxChunkBytes);
  expect(door.heldDocumentBytes).toBe(defaultS3Limits.maxDocumentBytes);
});
