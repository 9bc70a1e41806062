/** Why: a read that verified a copy tells where that was, so that the copy may be lent from there. */
import type { BlockAddress } from '../base/block-address.ts';
import { chunkRange } from '../volume/stored-form.ts';
import type { Volume } from '../volume/volume.ts';
import type { ByteRange } from './block-store.ts';
import type { VerifiedPlaces } from './verified-places.ts';

/**
 * To be made before a read and called behind it. A copy that moved meanwhile is not marked: nobody knows which place
 * was read.
 */
export function placeMarker(
  verified: VerifiedPlaces,
  volume: Volume,
  address: BlockAddress,
): (range: ByteRange) => void {
  const before = verified.counts ? volume.placeOf?.(address) : undefined;
  return (range) => {
    if (before !== undefined && volume.placeOf?.(address) === before)
      verified.mark(volume.id + before, chunkRange(range));
  };
}
