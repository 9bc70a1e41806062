/** Why: uploads that nobody completed take room, and no listing of objects shows them. */
import type { OpenUploads } from '../../admin/contract.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import { allParts, partCodec } from '../../catalog/records/part.ts';
import { scanRecords } from '../../catalog/stored.ts';
import type { Kv } from '../../kv/kv.ts';

/** More would make a look at the store a burden for it. */
const mostParts = 100_000;

export async function openUploads(kv: Kv, options: CallOptions): Promise<OpenUploads> {
  let [parts, bytes] = [0, 0];
  for await (const { record } of scanRecords(kv, partCodec, allParts, options)) {
    if (parts === mostParts) return { parts, bytes, isAll: false };
    parts += 1;
    bytes += record.bytes;
  }
  return { parts, bytes, isAll: true };
}
