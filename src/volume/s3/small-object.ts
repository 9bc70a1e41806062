/** Why: identity and owner are read whole, with the tag by which a conditional put replaces just what was read. */
import type { CallOptions } from '../../base/async/abort.ts';
import { concatBytes } from '../../base/bytes.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { S3Client, S3Path } from '../../s3-client/client.ts';

export type SmallObject = { readonly bytes: Uint8Array; readonly etag: string };

const maxBytes = 4096;

/** Undefined when there is none; a missing bucket rejects. */
export async function readSmall(
  client: S3Client,
  path: S3Path,
  options: CallOptions = {},
): Promise<SmallObject | undefined> {
  try {
    const { info, chunks } = await client.get(path, options);
    if (info.bytes > maxBytes) throw new CopysetError('format.damaged', `${path.key} is none of ours: it is too long`);
    return { bytes: concatBytes(...(await Array.fromAsync(chunks))), etag: info.etag };
  } catch (error) {
    if (isCopysetError(error, 'not_found') && error.details.what === 'object') return undefined;
    throw error;
  }
}
