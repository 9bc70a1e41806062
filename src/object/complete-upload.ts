/**
 * Why: completion joins the references of the parts in one commit that expects the upload as it was when its parts
 * stood still: of a completion, an abort and a part that race, exactly one wins. Who repeats the completion within a
 * day, word for word, gets the same answer.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { compositeChecksum, joinChecksums, type ObjectChecksum } from '../base/checksum.ts';
import { CopysetError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import type { UploadRecord } from '../catalog/records/upload.ts';
import { type VersionRecord, versionCodec } from '../catalog/records/version.ts';
import { maxAttempts, type Stored, unchanged } from '../catalog/stored.ts';
import { findFinishedUpload, findUpload, finishedUploadPut, listParts, markCompleting } from '../catalog/uploads.ts';
import { chooseParts } from './choose-parts.ts';
import { judgeEarly, toCondition } from './conditions.ts';
import { walkContent } from './content/references.ts';
import { toContent } from './content/write-content.ts';
import type { ObjectContext } from './context.ts';
import { multipartEtag } from './etag.ts';
import { objectInfo } from './info.ts';
import { newVersion, tryCommitVersion, withSession } from './objects.ts';
import type { Completion, ObjectInfo, UploadPath, WriteOptions } from './store.ts';
import { forgetParts } from './uploads.ts';

export async function completeUpload(
  context: ObjectContext,
  path: UploadPath,
  completion: Completion,
  options: WriteOptions,
): Promise<ObjectInfo> {
  const request = digestOf(completion);
  for (let tries = 0; tries < maxAttempts; tries++) {
    const bucket = await findBucket(context.kv, path.bucket, options);
    const finished = await finishedAs(context, { path, bucket: bucket.record, request }, options);
    if (finished !== undefined) return finished;
    const open = await findUpload(context.kv, bucket.record, path.key, { ...options, id: path.id });
    await judgeEarly(context, bucket.record, { key: path.key, condition: toCondition(options.condition) }, options);
    const upload = await markCompleting(context.kv, open, options);
    const outcome = await join(context, { bucket, upload, completion, request }, options);
    if (outcome === 'lost-race') continue; // to an abort, a part or another completion: look again
    await forgetParts(context, path, {});
    return outcome;
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for upload ${path.id}`);
}

function digestOf({ parts, checksum, bytes }: Completion): Uint8Array {
  const named = parts.map(({ number, etag, checksum: digest }) => [
    number,
    etag,
    digest && Buffer.from(digest).toString('hex'),
  ]);
  return sha256(utf8(JSON.stringify([named, checksum && Buffer.from(checksum).toString('hex'), bytes])));
}

type Asked = { readonly path: UploadPath; readonly bucket: BucketRecord; readonly request: Uint8Array };

async function finishedAs(
  { kv }: ObjectContext,
  { path, bucket, request }: Asked,
  options: CallOptions,
): Promise<ObjectInfo | undefined> {
  const finished = await findFinishedUpload(kv, path.id, options);
  const isThis = finished?.bucketId === bucket.id && finished.key === path.key && equalBytes(finished.request, request);
  return finished !== undefined && isThis ? objectInfo(bucket, versionCodec.decode(finished.version)) : undefined;
}

type Joining = {
  readonly bucket: Stored<BucketRecord>;
  readonly upload: Stored<UploadRecord>;
  readonly completion: Completion;
  readonly request: Uint8Array;
};

async function join(
  context: ObjectContext,
  { bucket, upload, completion, request }: Joining,
  options: WriteOptions,
): Promise<ObjectInfo | 'lost-race'> {
  const { record } = upload;
  const parts = chooseParts(context, await listParts(context.kv, record.id, options), completion);
  const checksum = await checksumOf(record, parts, completion);
  const etag = multipartEtag(
    parts.map((part) => part.etag),
    { md5: bucket.record.md5Etags },
  );
  return withSession(
    context,
    bucket.record,
    async (session, call) => {
      const { maxInlineBlocks } = context.limits;
      const content = await toContent(session, await joinParts(context, parts, call), { ...call, maxInlineBlocks });
      const partBytes = parts.map((part) => part.bytes);
      const bytes = partBytes.reduce((sum, part) => sum + part, 0);
      const object = { headers: record, tags: record.tags };
      const version = {
        ...newVersion(record.key, object, { content, bytes, etag, checksum }),
        parts: parts.length,
        partBytes,
      };
      const putWith = (committed: VersionRecord) => [
        finishedUploadPut(finishedBy(context, { record, request, committed })),
      ];
      const condition = toCondition(options.condition);
      const commit = {
        session,
        bucket,
        version,
        condition,
        expect: [unchanged(upload)],
        delete: [upload.key],
        putWith,
      };
      return tryCommitVersion(context, commit, call);
    },
    options,
  );
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

type Finish = { readonly record: UploadRecord; readonly request: Uint8Array; readonly committed: VersionRecord };

function finishedBy({ clock }: ObjectContext, { record, request, committed }: Finish) {
  const version = versionCodec.encode({ ...committed, blocks: [], manifest: undefined, manifestDepth: undefined });
  const { id: uploadId, bucketId, key } = record;
  return { uploadId, bucketId, key, finishedAtMs: Math.floor(clock.wallMs()), request, version };
}

/** From those of the parts, where each has one of the announced kind; compared with what the client expects. */
async function checksumOf(
  { checksumKind: kind, checksumType: type }: UploadRecord,
  parts: readonly PartRecord[],
  { checksum: expected }: Completion,
): Promise<ObjectChecksum | undefined> {
  if (kind === undefined || type === undefined) return undefined;
  const pieces = parts.flatMap(({ bytes, checksum }) =>
    checksum?.kind === kind && checksum.type === 'whole' ? [{ bytes, digest: checksum.digest }] : [],
  );
  if (pieces.length < parts.length) return undefined;
  const digests = pieces.map((piece) => piece.digest);
  const digest = type === 'whole' ? joinChecksums(kind, pieces) : await compositeChecksum(kind, digests);
  if (expected !== undefined && !equalBytes(expected, digest)) {
    throw new CopysetError('request.digest_mismatch', 'the parts do not have the checksum of the object');
  }
  return { kind, type, digest };
}
