/**
 * Why: multipart uploads. A part is durable and recorded before it is acknowledged; completion joins the references of
 * the parts in one commit that expects the upload to be open still, so complete and abort cannot both win.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError, throwIfBug } from '../base/errors.ts';
import { newId, type UploadId } from '../base/ids.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import { unchanged } from '../catalog/stored.ts';
import {
  addUpload,
  findUpload,
  listParts,
  listUploads,
  putPart,
  removeParts,
  removeUpload,
} from '../catalog/uploads.ts';
import { walkContent } from './content/references.ts';
import { toContent, writeContent } from './content/write-content.ts';
import type { ObjectContext } from './context.ts';
import { multipartEtag } from './etag.ts';
import { headersOf, partInfo } from './info.ts';
import { checkKey } from './names.ts';
import { commitVersion, newVersion, withSession } from './objects.ts';
import type { Body, CompletedPart, ObjectHeaders, ObjectInfo, PartInfo, UploadInfo, UploadPath } from './store.ts';

export async function createUpload(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: CallOptions & { readonly headers: ObjectHeaders },
): Promise<UploadId> {
  checkKey(key);
  const bucket = await findBucket(context.kv, bucketName, options);
  const id = newId<UploadId>(context.random);
  const upload = {
    id,
    bucketId: bucket.record.id,
    key,
    startedAtMs: context.clock.wallMs(),
    ...headersOf(options.headers),
  };
  await addUpload(context.kv, bucket, upload, options);
  return id;
}

export async function uploadPart(
  context: ObjectContext,
  path: UploadPath,
  number: number,
  options: CallOptions & { readonly body: Body },
): Promise<PartInfo> {
  checkPartNumber(context, number);
  const bucket = (await findBucket(context.kv, path.bucket, options)).record;
  const upload = await findUpload(context.kv, bucket, path.key, { ...options, id: path.id });
  return withSession(
    context,
    bucket,
    async (session, call) => {
      const { content, bytes, etag } = await writeContent(context, session, options.body, { ...call, ...bucket });
      const identity = { uploadId: path.id, bucketId: bucket.id, key: path.key, number };
      const part: PartRecord = { ...identity, bytes, etag, modifiedAtMs: context.clock.wallMs(), ...content };
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

export async function completeUpload(
  context: ObjectContext,
  path: UploadPath,
  parts: readonly CompletedPart[],
  options: CallOptions,
): Promise<ObjectInfo> {
  const bucket = await findBucket(context.kv, path.bucket, options);
  const upload = await findUpload(context.kv, bucket.record, path.key, { ...options, id: path.id });
  const chosen = chooseParts(context, await listParts(context.kv, path.id, options), parts);
  const info = await withSession(
    context,
    bucket.record,
    async (session, call) => {
      const content = await toContent(session, await joinParts(context, chosen, call), {
        ...call,
        maxInlineBlocks: context.limits.maxInlineBlocks,
      });
      const bytes = chosen.reduce((sum, part) => sum + part.bytes, 0);
      const etag = multipartEtag(
        chosen.map((part) => part.etag),
        { md5: bucket.record.md5Etags },
      );
      const version = {
        ...newVersion(path.key, upload.record, { content, bytes, etag }),
        parts: chosen.length,
        partBytes: chosen.map((part) => part.bytes),
      };
      return commitVersion(
        context,
        { session, bucket, version, expect: [unchanged(upload)], delete: [upload.key] },
        call,
      );
    },
    options,
  );
  await forgetParts(context, path, {});
  return info;
}

/** The recorded parts that the client names, checked for order, ETag and size. */
function chooseParts(
  context: ObjectContext,
  recorded: readonly PartRecord[],
  named: readonly CompletedPart[],
): PartRecord[] {
  if (named.length === 0)
    throw new CopysetError('request.invalid', 'an upload is completed with at least one part', {
      details: { what: 'part' },
    });
  const byNumber = new Map(recorded.map((part) => [part.number, part]));
  return named.map(({ number, etag }, index) => {
    if (index > 0 && number <= (named[index - 1]?.number ?? 0)) {
      throw new CopysetError('request.invalid', `part ${number} is not in ascending order`, {
        details: { what: 'part_order' },
      });
    }
    const part = byNumber.get(number);
    if (part === undefined || part.etag !== etag)
      throw new CopysetError('not_found', `part ${number} with ETag ${etag} was not uploaded`, {
        details: { what: 'part' },
      });
    if (index < named.length - 1 && part.bytes < context.limits.minPartBytes) {
      throw new CopysetError(
        'request.invalid',
        `part ${number} has ${part.bytes} bytes; all but the last need ${context.limits.minPartBytes}`,
        { details: { what: 'part_size' } },
      );
    }
    return part;
  });
}

async function joinParts(
  context: ObjectContext,
  parts: readonly PartRecord[],
  options: CallOptions,
): Promise<BlockRef[]> {
  const refs: BlockRef[] = [];
  for (const part of parts) {
    for await (const { ref } of walkContent(context.blocks, part, options)) refs.push(ref);
  }
  return refs;
}

export async function abortUpload(context: ObjectContext, path: UploadPath, options: CallOptions): Promise<void> {
  const bucket = await findBucket(context.kv, path.bucket, options);
  await removeUpload(
    context.kv,
    await findUpload(context.kv, bucket.record, path.key, { ...options, id: path.id }),
    options,
  );
  await forgetParts(context, path, options);
}

/** The upload has ended, whatever becomes of this: the collector finds the parts that stay. */
async function forgetParts({ kv }: ObjectContext, { id }: UploadPath, options: CallOptions): Promise<void> {
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
): Promise<PartInfo[]> {
  const bucket = await findBucket(context.kv, path.bucket, options);
  await findUpload(context.kv, bucket.record, path.key, { ...options, id: path.id });
  const parts = await listParts(context.kv, path.id, options);
  return parts
    .filter((part) => part.number > after)
    .slice(0, options.limit)
    .map(partInfo);
}

export async function listOpenUploads(
  context: ObjectContext,
  bucketName: string,
  options: CallOptions,
): Promise<UploadInfo[]> {
  const bucket = await findBucket(context.kv, bucketName, options);
  const uploads = await listUploads(context.kv, bucket.record, options);
  return uploads.map(({ id, key, startedAtMs }) => ({ id, key, startedAtMs }));
}
