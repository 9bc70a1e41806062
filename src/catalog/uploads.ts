/** Why: the verbs on multipart uploads. Parts count as references from the commit that records them. */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { BucketId, UploadId } from '../base/ids.ts';
import type { Kv, Put } from '../kv/kv.ts';
import type { BucketRecord } from './records/bucket.ts';
import {
  allFinishedUploads,
  type FinishedUploadRecord,
  finishedUploadCodec,
  finishedUploadKey,
} from './records/finished-upload.ts';
import { epochKey } from './records/layout-entry.ts';
import { allParts, type PartRecord, partCodec, partKey, partsOf } from './records/part.ts';
import { type UploadRecord, uploadCodec, uploadKey } from './records/upload.ts';
import { collectRecords, maxAttempts, readRecord, type Stored, scanRecords, transact, unchanged } from './stored.ts';
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

/**
 * Records a part, replacing an earlier one of the same number. Of a part and a completion that meet, the later one
 * counts: an upload that somebody completes is open again with its new part.
 */
export async function putPart(
  kv: Kv,
  request: PutPart,
  options: CallOptions = {},
): Promise<'committed' | 'layout-moved'> {
  const { part, guard } = request;
  const epoch = { kind: 'value', key: epochKey(guard.classId), value: guard.epoch } as const;
  const partPut = { key: partKey(part.uploadId, part.number), value: partCodec.encode(part) };
  let { upload } = request;
  for (let tries = 0; tries < maxAttempts; tries++) {
    const put = [partPut, ...request.put, ...reopening(upload)];
    const result = await kv.commit({ expect: [epoch, unchanged(upload)], put }, options);
    if (result.committed) return 'committed';
    if (result.failed === 0) return 'layout-moved';
    upload = await sameUpload(kv, upload, options);
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for part ${part.number}`);
}

function reopening({ key, record }: Stored<UploadRecord>): Put[] {
  return record.isCompleting === true
    ? [{ key, value: uploadCodec.encode({ ...record, isCompleting: undefined }) }]
    : [];
}

/** The upload as it is now. */
async function sameUpload(kv: Kv, upload: Stored<UploadRecord>, options: CallOptions): Promise<Stored<UploadRecord>> {
  const stored = await readRecord(kv, uploadCodec, upload.key, options);
  if (stored === undefined) throw noUpload(upload.record.id);
  return stored;
}

/** From now on parts stand still, or open the upload again. */
export function markCompleting(
  kv: Kv,
  upload: Stored<UploadRecord>,
  options: CallOptions = {},
): Promise<Stored<UploadRecord>> {
  return transact(
    kv,
    async () => {
      const now = await sameUpload(kv, upload, options);
      const record = { ...now.record, isCompleting: true };
      const value = uploadCodec.encode(record);
      return { commit: { expect: [unchanged(now)], put: [{ key: now.key, value }] }, value: { ...now, value, record } };
    },
    options,
  );
}

/** Ends the upload; its parts stop counting once `removeParts` took them away. */
export async function removeUpload(kv: Kv, upload: Stored<UploadRecord>, options: CallOptions = {}): Promise<void> {
  const result = await kv.commit({ expect: [unchanged(upload)], delete: [upload.key] }, options);
  if (!result.committed) throw noUpload(upload.record.id);
}

export function listParts(kv: Kv, upload: UploadId, options: CallOptions = {}): Promise<PartRecord[]> {
  return collectRecords(kv, partCodec, partsOf(upload), options);
}

/** Deletes the part records of an upload that ended, in batches; safe to repeat. */
export async function removeParts(kv: Kv, upload: UploadId, options: CallOptions = {}): Promise<void> {
  for (;;) {
    const { entries } = await kv.range({ ...partsOf(upload), limit: kv.limits.maxOpsPerCommit }, options);
    if (entries.length === 0) return;
    await kv.commit({ delete: entries.map(({ key }) => key) }, options);
  }
}

/** What a completed upload became; undefined a day later. */
export async function findFinishedUpload(
  kv: Kv,
  id: UploadId,
  options: CallOptions = {},
): Promise<FinishedUploadRecord | undefined> {
  return (await readRecord(kv, finishedUploadCodec, finishedUploadKey(id), options))?.record;
}

export function finishedUploadPut(finished: FinishedUploadRecord): Put {
  return { key: finishedUploadKey(finished.uploadId), value: finishedUploadCodec.encode(finished) };
}

export async function forgetFinishedUploads(kv: Kv, beforeMs: number, options: CallOptions = {}): Promise<void> {
  for await (const { key, record } of scanRecords(kv, finishedUploadCodec, allFinishedUploads, options)) {
    if (record.finishedAtMs < beforeMs) await kv.commit({ delete: [key] }, options);
  }
}

/** Bytes of the parts of all open uploads, by bucket id. */
export async function openUploadBytes(kv: Kv, options: CallOptions = {}): Promise<Map<BucketId, number>> {
  const bytes = new Map<BucketId, number>();
  for await (const { record } of scanRecords(kv, partCodec, allParts, options))
    bytes.set(record.bucketId, (bytes.get(record.bucketId) ?? 0) + record.bytes);
  return bytes;
}
