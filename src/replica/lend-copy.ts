/**
 * Why: bytes that were verified a moment ago and are in the kernel's memory still go to a socket without being read
 * again. Nothing is waited for: what cannot be lent at once is read.
 */
import type { BlockAddress } from '../base/block-address.ts';
import type { Copyset } from '../layout/layout.ts';
import { chunkRange, payloadSpan } from '../volume/stored-form.ts';
import type { Loan } from '../volume/volume.ts';
import type { ByteRange } from './block-store.ts';
import type { ReadContext } from './read-copies.ts';

/** Of the first holder that can; undefined when none can. */
export function lendCopy(
  { members, verified }: ReadContext,
  address: BlockAddress,
  { holders, range }: { readonly holders: Copyset; readonly range: ByteRange },
): Loan | undefined {
  if (!verified.counts) return undefined;
  const chunks = chunkRange(range);
  for (const id of holders) {
    const volume = members.volume(id);
    const place = volume?.placeOf?.(address);
    if (place === undefined || !verified.covers(id + place, chunks)) continue;
    const loan = volume?.lend?.(address, payloadSpan(range));
    if (loan !== undefined) return loan;
  }
  return undefined;
}
