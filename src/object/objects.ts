/** Why: put, get, head, delete, copy and list: the life of an object, each verb from request to commit. */
import type { CallOptions } from '../base/async/abort.ts';
import { anySignal } from '../base/async/abort.ts';
import { deadline } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { findBucket } from '../catalog/buckets.ts';
import { listKeys } from '../catalog/listing.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import type { Stored } from '../catalog/stored.ts';
import { currentVersion, type NewVersion, type PutVersion, putVersion, removeVersion } from '../catalog/versions.ts';
import { readContent } from './content/read-content.ts';
import { type WrittenContent, writeContent } from './content/write-content.ts';
import { WriteSession } from './content/write-session.ts';
import type { ObjectContext } from './context.ts';
import { headersOf, objectInfo } from './info.ts';
import { checkKey } from './names.ts';
import { resolveRange } from './range.ts';
import type { Body, ListPage, ListQuery, ObjectHeaders, ObjectInfo, ObjectReader, RangeRequest } from './store.ts';

export type PutRequest = { readonly body: Body; readonly headers: ObjectHeaders };

/** Runs a request that writes: with a deadline, and with a session that is ended whatever happens. */
export async function withSession<T>(
  context: ObjectContext,
  bucket: BucketRecord,
  work: (session: WriteSession, options: CallOptions) => Promise<T>,
  options: CallOptions,
): Promise<T> {
  using limit = deadline(context.clock, context.limits.requestDeadlineMs, 'the request');
  const session = new WriteSession(context, { classId: bucket.copies, quorum: bucket.writeQuorum });
  try {
    return await work(session, { signal: anySignal(options.signal, limit.signal) });
  } finally {
    await session.end();
  }
}

export async function putObject(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: PutRequest & CallOptions,
): Promise<ObjectInfo> {
  checkKey(key);
  const bucket = await findBucket(context.kv, bucketName, options);
  return withSession(
    context,
    bucket.record,
    async (session, call) => {
      const written = await writeContent(context, session, options.body, { ...call, ...bucket.record });
      return commitVersion(context, { session, bucket, version: newVersion(key, options.headers, written) }, call);
    },
    options,
  );
}

export function newVersion(key: string, headers: ObjectHeaders, written: WrittenContent): NewVersion {
  return {
    key,
    site: 0,
    homeEpoch: 0,
    isNull: true,
    isDeleteMarker: false,
    bytes: written.bytes,
    etag: written.etag,
    ...written.content,
    ...headersOf(headers),
  };
}

export type VersionCommit = Pick<PutVersion, 'bucket' | 'version' | 'expect' | 'delete'> & {
  readonly session: WriteSession;
};

/** Makes the version visible; places blocks again when the layout moved meanwhile. */
export async function commitVersion(
  context: ObjectContext,
  commit: VersionCommit,
  options: CallOptions,
): Promise<ObjectInfo> {
  const { session, ...request } = commit;
  return session.commit(async (guard, debts) => {
    const outcome = await putVersion(
      context.kv,
      { ...request, nowMs: context.clock.wallMs(), guard, put: debts },
      options,
    );
    if (outcome.kind === 'lost-race')
      throw new CopysetError('conflict', 'the upload was completed, aborted or changed meanwhile');
    return outcome.kind === 'committed' ? objectInfo(outcome.version) : 'layout-moved';
  }, options);
}

async function findVersion(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: CallOptions,
): Promise<{ bucket: Stored<BucketRecord>; version: VersionRecord }> {
  checkKey(key);
  const bucket = await findBucket(context.kv, bucketName, options);
  const version = await currentVersion(context.kv, bucket.record, key, options);
  if (version === undefined || version.record.isDeleteMarker) {
    throw new CopysetError('not_found', `there is no object ${key} in bucket ${bucketName}`, {
      details: { what: 'object' },
    });
  }
  return { bucket, version: version.record };
}

export async function getObject(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: CallOptions & { readonly range?: RangeRequest },
): Promise<ObjectReader> {
  const { version } = await findVersion(context, bucketName, key, options);
  const range = resolveRange(options.range, version.bytes);
  return { info: objectInfo(version), range, slabs: readContent(context, version, range, { signal: options.signal }) };
}

export async function headObject(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: CallOptions,
): Promise<ObjectInfo> {
  return objectInfo((await findVersion(context, bucketName, key, options)).version);
}

export async function deleteObject(
  context: ObjectContext,
  bucketName: string,
  key: string,
  options: CallOptions,
): Promise<void> {
  checkKey(key);
  const bucket = await findBucket(context.kv, bucketName, options);
  await removeVersion(context.kv, bucket, key, { ...options, nowMs: context.clock.wallMs() });
}

export async function listObjects(
  context: ObjectContext,
  bucketName: string,
  query: ListQuery,
  options: CallOptions,
): Promise<ListPage> {
  const bucket = await findBucket(context.kv, bucketName, options);
  if (query.limit === 0) return { objects: [], commonPrefixes: [], next: undefined };
  const { versions, commonPrefixes, next } = await listKeys(context.kv, bucket.record, query, options);
  return { objects: versions.map(objectInfo), commonPrefixes, next };
}

/** The version that a copy begins from, and its bucket. */
export function findSource(
  context: ObjectContext,
  from: { readonly bucket: string; readonly key: string },
  options: CallOptions,
): Promise<{ bucket: Stored<BucketRecord>; version: VersionRecord }> {
  return findVersion(context, from.bucket, from.key, options);
}
