/** Why: the verbs on multipart uploads. Parts count as references from the commit that records them. */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { UploadId } from '../base/ids.ts';
import type { Kv, Put } from '../kv/kv.ts';
import type { BucketRecord } from './records/bucket.ts';
import { epochKey } from './records/layout-entry.ts';
import { type PartRecord, partCodec, partKey, partsOf } from './records/part.ts';
import { type UploadRecord, uploadCodec, uploadKey, uploadsIn } from './records/upload.ts';
import { collectRecords, readRecord, type Stored, unchanged } from './stored.ts';
import type { PlacementGuard } from './versions.ts';

export async function addUpload(
  kv: Kv,
  bucket: Stored<BucketRecord>,
  upload: UploadRecord,
  options: CallOptions = {},
): Promise<void> {
  const put = [{ key: uploadKey(bucket.record.id, upload.key, upload.id), value: uploadCodec.encode(upload) }];
  const result = await kv.commit({ expect: [unchanged(bucket)], put }, options);
  if (!result.committed)
    throw new CopysetError('not_found', `bucket ${bucket.record.name} was deleted or changed meanwhile`, {
      details: { what: 'bucket' },
    });
}

export async function findUpload(
  kv: Kv,
  bucket: BucketRecord,
  key: string,
  options: CallOptions & { readonly id: UploadId },
): Promise<Stored<UploadRecord>> {
  const stored = await readRecord(kv, uploadCodec, uploadKey(bucket.id, key, options.id), options);
  if (stored === undefined) throw noUpload(options.id);
  return stored;
}

export function noUpload(id: UploadId): CopysetError {
  return new CopysetError('not_found', `there is no upload ${id}; it may have been completed or aborted`, {
    details: { what: 'upload' },
  });
}

export type PutPart = {
  readonly upload: Stored<UploadRecord>;
  readonly part: PartRecord;
  readonly guard: PlacementGuard;
  readonly put: readonly Put[];
};

/** Records a part, replacing an earlier one of the same number. */
export async function putPart(
  kv: Kv,
  request: PutPart,
  options: CallOptions = {},
): Promise<'committed' | 'layout-moved'> {
  const { upload, part, guard } = request;
  const result = await kv.commit(
    {
      expect: [{ kind: 'value', key: epochKey(guard.classId), value: guard.epoch }, unchanged(upload)],
      put: [{ key: partKey(part.uploadId, part.number), value: partCodec.encode(part) }, ...request.put],
    },
    options,
  );
  if (result.committed) return 'committed';
  if (result.failed === 0) return 'layout-moved';
  throw noUpload(part.uploadId);
}

/** Ends the upload; its parts stop counting once `removeParts` took them away. */
export async function removeUpload(kv: Kv, upload: Stored<UploadRecord>, options: CallOptions = {}): Promise<void> {
  const result = await kv.commit({ expect: [unchanged(upload)], delete: [upload.key] }, options);
  if (!result.committed) throw noUpload(upload.record.id);
}

export function listParts(kv: Kv, upload: UploadId, options: CallOptions = {}): Promise<PartRecord[]> {
  return collectRecords(kv, partCodec, partsOf(upload), options);
}

export function listUploads(kv: Kv, bucket: BucketRecord, options: CallOptions = {}): Promise<UploadRecord[]> {
  return collectRecords(kv, uploadCodec, uploadsIn(bucket.id), options);
}

/** Deletes the part records of an upload that ended, in batches; safe to repeat. */
export async function removeParts(kv: Kv, upload: UploadId, options: CallOptions = {}): Promise<void> {
  for (;;) {
    const { entries } = await kv.range({ ...partsOf(upload), limit: kv.limits.maxOpsPerCommit }, options);
    if (entries.length === 0) return;
    await kv.commit({ delete: entries.map(({ key }) => key) }, options);
  }
}
