/**
 * Why: a copy that the kernel has in memory is read and verified at once, from the first holder that has it so. One
 * that is damaged is passed over here: the read that follows meets it too, and tells whoever repairs.
 */
import type { BlockAddress } from '../base/block-address.ts';
import type { Copyset } from '../layout/layout.ts';
import type { ByteRange } from './block-store.ts';
import { placeMarker } from './place-marker.ts';
import type { ReadContext } from './read-copies.ts';

export function readCopyNow(
  { members, resident, verified }: ReadContext,
  address: BlockAddress,
  { holders, range }: { readonly holders: Copyset; readonly range: ByteRange },
): Uint8Array | undefined {
  for (const id of holders) {
    const volume = members.volume(id);
    if (volume?.readNow === undefined) continue;
    const mark = placeMarker(verified, volume, address);
    const bytes = resident.read(volume, address, range);
    if (bytes === undefined) continue;
    mark(range);
    return bytes;
  }
  return undefined;
}
