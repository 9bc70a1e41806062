/** Why: a file becomes an object whole or not at all; a large one goes up in parts, several at a time, and resumes. */
import { mapBounded } from '../../base/async/map-bounded.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { S3Path, S3UploadPath } from '../../s3-client/client.ts';
import { openSource, type SourceFile } from './source-file.ts';
import { digestField, mostParts, type Outcome, type TransferContext } from './transfer.ts';

export async function uploadFile(path: string, target: S3Path, context: TransferContext): Promise<Outcome> {
  await using source = await openSource(path);
  const upload = source.bytes > context.partBytes ? uploadParts : putWhole;
  const outcome = await upload(source, target, context);
  const { bytes } = await context.client.head(target);
  if (bytes !== source.bytes)
    throw new CopysetError('conflict', `${target.bucket}/${target.key} has ${bytes} bytes, not ${source.bytes}`);
  return outcome;
}

async function putWhole(source: SourceFile, target: S3Path, context: TransferContext): Promise<Outcome> {
  const { client, pieces, onBytes } = context;
  using _ = await pieces.acquire();
  const headers = { metadata: { [digestField]: await source.digest() } };
  const etag = await client.put(target, source.body(0, source.bytes), { headers });
  await source.expectUnchanged();
  onBytes(source.bytes);
  return { bytes: source.bytes, resumedBytes: 0, etag };
}

type Part = { readonly number: number; readonly from: number; readonly to: number };
type Begun = {
  readonly upload: S3UploadPath;
  readonly partBytes: number;
  readonly etags: ReadonlyMap<number, string>;
  readonly digest: string;
};

async function uploadParts(source: SourceFile, target: S3Path, context: TransferContext): Promise<Outcome> {
  const { client, pieces, states, onBytes } = context;
  const begun = await beginOrResume(source, target, context);
  const { upload, partBytes, etags } = begun;
  let resumedBytes = 0;
  const parts = await mapBounded(partsOf(source.bytes, partBytes), pieces.capacity, async ({ number, from, to }) => {
    const known = etags.get(number);
    if (known !== undefined) resumedBytes += to - from;
    const etag = known ?? (await pieces.use(1, () => client.uploadPart(upload, number, source.body(from, to))));
    onBytes(to - from);
    return { number, etag };
  });
  await source.expectUnchanged();
  const etag = await client
    .completeUpload(upload, parts)
    .catch((error: unknown) => completedBefore(error, begun, context));
  await states.forget(nameOf(source, target, context));
  return { bytes: source.bytes, resumedBytes, etag };
}

async function beginOrResume(source: SourceFile, target: S3Path, context: TransferContext): Promise<Begun> {
  const { client, states } = context;
  const name = nameOf(source, target, context);
  const state = await states.find(name);
  if (state?.version === source.version) {
    const upload = { ...target, uploadId: state.uploadId };
    const etags = await partsThere(upload, partsOf(source.bytes, state.partBytes), context);
    if (etags !== undefined) return { upload, partBytes: state.partBytes, etags, digest: state.digest };
  } else if (state !== undefined) {
    await client.abortUpload({ ...target, uploadId: state.uploadId }).catch(unlessNotFound);
  }
  const partBytes = Math.max(context.partBytes, Math.ceil(source.bytes / mostParts));
  const digest = state?.version === source.version ? state.digest : await source.digest();
  const uploadId = await client.createUpload(target, { headers: { metadata: { [digestField]: digest } } });
  await states.keep(name, { uploadId, version: source.version, partBytes, digest });
  return { upload: { ...target, uploadId }, partBytes, etags: new Map(), digest };
}

/** An answer that was lost leaves the object there and the upload gone; the ETag is told when it is this object. */
async function completedBefore(error: unknown, { upload, digest }: Begun, { client }: TransferContext) {
  if (!isCopysetError(error, 'not_found')) throw error;
  const { etag, headers } = await client.head(upload);
  if (headers.metadata?.[digestField] !== digest) throw error;
  return etag;
}

/** Parts that are there with all their bytes; undefined when there is no such upload any more. */
async function partsThere(
  upload: S3UploadPath,
  parts: readonly Part[],
  { client }: TransferContext,
): Promise<ReadonlyMap<number, string> | undefined> {
  const etags = new Map<number, string>();
  try {
    for await (const page of client.listParts(upload)) {
      for (const { number, bytes, etag } of page) {
        const part = parts[number - 1];
        if (part !== undefined && part.to - part.from === bytes) etags.set(number, etag);
      }
    }
    return etags;
  } catch (error) {
    return unlessNotFound(error);
  }
}

function partsOf(bytes: number, partBytes: number): readonly Part[] {
  return Array.from({ length: Math.ceil(bytes / partBytes) }, (_, at) => ({
    number: at + 1,
    from: at * partBytes,
    to: Math.min(bytes, (at + 1) * partBytes),
  }));
}

function nameOf({ path }: SourceFile, target: S3Path, { client }: TransferContext) {
  return { endpoint: client.endpoint, ...target, path };
}

function unlessNotFound(error: unknown): undefined {
  if (!isCopysetError(error, 'not_found')) throw error;
  return undefined;
}
