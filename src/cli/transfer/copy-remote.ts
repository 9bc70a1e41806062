/** Why: between two places of one endpoint no byte comes here; what one request may not copy goes range by range. */
import { mapBounded } from '../../base/async/map-bounded.ts';
import type { S3ObjectInfo, S3Path } from '../../s3-client/client.ts';
import { mostPutBytes, type Outcome, type TransferContext } from './transfer.ts';

const rangeBytes = 2 ** 30;

export async function copyRemote(
  from: S3Path,
  to: S3Path,
  context: TransferContext,
  limits = { mostPutBytes, rangeBytes },
): Promise<Outcome> {
  const { client, onBytes } = context;
  const info = await client.head(from);
  const copy = info.bytes > limits.mostPutBytes ? copyRanges : copyWhole;
  const etag = await copy({ from, to, info, rangeBytes: limits.rangeBytes }, context);
  onBytes(info.bytes);
  return { bytes: info.bytes, resumedBytes: 0, etag };
}

type Copy = { readonly from: S3Path; readonly to: S3Path; readonly info: S3ObjectInfo; readonly rangeBytes: number };

function copyWhole({ from, to }: Copy, { client, pieces }: TransferContext): Promise<string> {
  return pieces.use(1, () => client.copy(from, to));
}

async function copyRanges({ from, to, info, rangeBytes: step }: Copy, context: TransferContext): Promise<string> {
  const { client, pieces } = context;
  const upload = { ...to, uploadId: await client.createUpload(to, { headers: info.headers }) };
  try {
    const count = Math.ceil(info.bytes / step);
    const parts = await mapBounded(
      Array.from({ length: count }, (_, at) => at),
      pieces.capacity,
      async (at) => {
        const range = { from: at * step, to: Math.min(info.bytes, (at + 1) * step) };
        const etag = await pieces.use(1, () => client.copyPart(upload, at + 1, { ...from, range }));
        return { number: at + 1, etag };
      },
    );
    return await client.completeUpload(upload, parts);
  } catch (error) {
    await client.abortUpload(upload).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}
