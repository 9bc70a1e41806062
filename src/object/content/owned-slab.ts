/** Why: bytes that a read made for one reader alone go back to where reads take their memory from. */
import type { Permit } from '../../base/async/semaphore.ts';
import type { ReadMemory } from '../../base/read-memory.ts';
import type { Slab } from '../store.ts';

/** Of bytes that nobody else has. */
export function ownedSlab(
  bytes: Uint8Array,
  { permit, readMemory }: { readonly permit: Permit; readonly readMemory: ReadMemory },
): Slab {
  const release = () => {
    readMemory.give(bytes);
    permit.release();
  };
  return { bytes, release, abandon: () => permit.release() };
}
