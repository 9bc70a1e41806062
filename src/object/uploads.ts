/** Why: multipart uploads up to their end: a part is durable and recorded before it is acknowledged. */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError, throwIfBug } from '../base/errors.ts';
import { newId, type UploadId } from '../base/ids.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import type { UploadRecord } from '../catalog/records/upload.ts';
import type { Stored } from '../catalog/stored.ts';
import { addUpload, findUpload, listParts, putPart, removeParts, removeUpload } from '../catalog/uploads.ts';
import { type WrittenContent, writeContent } from './content/write-content.ts';
import type { WriteSession } from './content/write-session.ts';
import type { ObjectContext } from './context.ts';
import { headersOf, partInfo, uploadInfo } from './info.ts';
import { checkKey } from './names.ts';
import { withSession } from './objects.ts';
import type { Body, NewObject, ObjectPath, PartInfo, UploadChecksum, UploadInfo, UploadPath } from './store.ts';

export async function createUpload(
  context: ObjectContext,
  path: ObjectPath,
  request: NewObject & { readonly checksum?: UploadChecksum | undefined },
  options: CallOptions,
): Promise<UploadId> {
  checkKey(path.key);
  const bucket = await findBucket(context.kv, path.bucket, options);
  const id = newId<UploadId>(context.random);
  const upload: UploadRecord = {
    id,
    bucketId: bucket.record.id,
    key: path.key,
    startedAtMs: context.stamps.next().modifiedAtMs,
    ...headersOf(request.headers),
    tags: request.tags,
    checksumKind: request.checksum?.kind,
    checksumType: request.checksum?.type,
  };
  await addUpload(context.kv, bucket, upload, options);
  return id;
}

export type PartPath = UploadPath & { readonly number: number };

export function uploadPart(
  context: ObjectContext,
  path: PartPath,
  body: Body,
  options: CallOptions,
): Promise<PartInfo> {
  return recordPart(
    context,
    path,
    (session, bucket, call) => writeContent(context, session, body, { ...call, ...bucket }),
    options,
  );
}

type WritePart = (session: WriteSession, bucket: BucketRecord, options: CallOptions) => Promise<WrittenContent>;

export async function recordPart(
  context: ObjectContext,
  path: PartPath,
  write: WritePart,
  options: CallOptions,
): Promise<PartInfo> {
  checkPartNumber(context, path.number);
  const { bucket, upload } = await findOpenUpload(context, path, options);
  return withSession(
    context,
    bucket,
    async (session, call) => {
      const { content, bytes, etag, checksum } = await write(session, bucket, call);
      const identity = { uploadId: path.id, bucketId: bucket.id, key: path.key, number: path.number };
      const { modifiedAtMs } = context.stamps.next();
      const part: PartRecord = { ...identity, bytes, etag, checksum, modifiedAtMs, ...content };
      await session.commit((guard, put) => putPart(context.kv, { upload, part, guard, put }, call), call);
      return partInfo(part);
    },
    options,
  );
}

function checkPartNumber(context: ObjectContext, number: number): void {
  const { maxPartNumber } = context.limits;
  if (Number.isInteger(number) && number >= 1 && number <= maxPartNumber) return;
  throw new CopysetError('request.invalid', `part numbers go from 1 to ${maxPartNumber}`, {
    details: { what: 'part' },
  });
}

export async function findOpenUpload(
  context: ObjectContext,
  path: UploadPath,
  options: CallOptions,
): Promise<{ readonly bucket: BucketRecord; readonly upload: Stored<UploadRecord> }> {
  const bucket = (await findBucket(context.kv, path.bucket, options)).record;
  return { bucket, upload: await findUpload(context.kv, bucket, path.key, { ...options, id: path.id }) };
}

export async function abortUpload(context: ObjectContext, path: UploadPath, options: CallOptions): Promise<void> {
  const { upload } = await findOpenUpload(context, path, options);
  await removeUpload(context.kv, upload, options);
  await forgetParts(context, path, options);
}

/** The upload has ended, whatever becomes of this: the collector finds the parts that stay. */
export async function forgetParts({ kv }: ObjectContext, { id }: UploadPath, options: CallOptions): Promise<void> {
  try {
    await removeParts(kv, id, options);
  } catch (error) {
    throwIfBug(error);
  }
}

export async function listUploadParts(
  context: ObjectContext,
  path: UploadPath,
  after: number,
  options: CallOptions & { readonly limit: number },
): Promise<{ readonly upload: UploadInfo; readonly parts: readonly PartInfo[] }> {
  const { upload } = await findOpenUpload(context, path, options);
  const parts = (await listParts(context.kv, path.id, options)).filter(({ number }) => number > after);
  return { upload: uploadInfo(upload.record), parts: parts.slice(0, options.limit).map(partInfo) };
}
