/**
 * Why: a copy that the kernel has in memory is read and verified at once, from the first holder that has it so. A bad
 * one met on the way is told to whoever repairs, as by every other read.
 */
import type { BlockAddress } from '../base/block-address.ts';
import { toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import type { Copyset } from '../layout/layout.ts';
import type { ByteRange } from './block-store.ts';
import { placeMarker } from './place-marker.ts';
import type { ReadContext } from './read-copies.ts';

type NowRequest = { readonly holders: Copyset; readonly range: ByteRange };

/** Undefined where no holder has a good copy in memory. */
export function readCopyNow(
  context: ReadContext,
  address: BlockAddress,
  { holders, range }: NowRequest,
): Uint8Array | undefined {
  for (const id of holders) {
    const bytes = readNowFrom(context, address, { id, range });
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

function readNowFrom(
  { members, resident, verified, onBadCopy }: ReadContext,
  address: BlockAddress,
  { id, range }: { readonly id: VolumeId; readonly range: ByteRange },
): Uint8Array | undefined {
  const volume = members.volume(id);
  if (volume === undefined) return undefined;
  const mark = placeMarker(verified, volume, address);
  try {
    const bytes = resident.read(volume, address, range);
    if (bytes !== undefined) mark(range);
    return bytes;
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.code === 'block.damaged') onBadCopy(id, address, error);
    else if (error.code !== 'format.unknown_version') throw error; // the read that follows tells of a newer one
    return undefined;
  }
}
