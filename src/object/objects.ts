/** Why: put, get, head, delete and tags: the life of an object, each verb from request to commit. */
import type { CallOptions } from '../base/async/abort.ts';

import { deadline } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import { maxAttempts, type Stored } from '../catalog/stored.ts';
import { versionIdOf } from '../catalog/version-id.ts';
import {
  currentVersion,
  findVersion,
  type NewVersion,
  type PutVersion,
  putVersion,
  removeVersion,
  setVersionTags,
} from '../catalog/versions.ts';
import { judgeEarly, toCondition } from './conditions.ts';
import { pieceAtHand, readContent, readPieces } from './content/read-content.ts';
import { type WrittenContent, writeContent } from './content/write-content.ts';
import { WriteSession } from './content/write-session.ts';
import type { ObjectContext } from './context.ts';
import { headersOf, objectInfo } from './info.ts';
import { checkKey } from './names.ts';
import { resolveReadRange } from './range.ts';
import type {
  Body,
  Deletion,
  NewObject,
  ObjectInfo,
  ObjectPath,
  ObjectReader,
  ReadRange,
  Tags,
  VersionOptions,
  WriteOptions,
} from './store.ts';

/** Runs a request that writes: with a deadline, and with a session that is ended whatever happens. */
export async function withSession<T>(
  context: ObjectContext,
  bucket: BucketRecord,
  work: (session: WriteSession, options: CallOptions) => Promise<T>,
  options: CallOptions,
): Promise<T> {
  using limit = deadline(context.clock, context.limits.requestDeadlineMs, 'the request', options);
  const session = new WriteSession(context, { classId: bucket.copies, quorum: bucket.writeQuorum });
  try {
    return await work(session, limit);
  } finally {
    await session.end();
  }
}

export async function putObject(
  context: ObjectContext,
  path: ObjectPath,
  object: NewObject & { readonly body: Body },
  options: WriteOptions,
): Promise<ObjectInfo> {
  const { key } = path;
  checkKey(key);
  const bucket = await findBucket(context.kv, path.bucket, options);
  const condition = toCondition(options.condition);
  await judgeEarly(context, bucket.record, { key, condition }, options);
  return withSession(
    context,
    bucket.record,
    async (session, call) => {
      const written = await writeContent(context, session, object.body, { ...call, ...bucket.record });
      const version = newVersion(key, object, written);
      return commitVersion(context, { session, bucket, version, condition }, call);
    },
    options,
  );
}

export function newVersion(key: string, { headers, tags }: NewObject, written: WrittenContent): NewVersion {
  return {
    key,
    site: 0,
    homeEpoch: 0,
    isDeleteMarker: false,
    bytes: written.bytes,
    etag: written.etag,
    checksum: written.checksum,
    ...written.content,
    ...headersOf(headers),
    ...(tags === undefined || Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

export type VersionCommit = Omit<PutVersion, 'guard' | 'stamps' | 'put'> & { readonly session: WriteSession };

/** Makes the version visible; places blocks again when the layout moved meanwhile. `lost-race`: as in putVersion. */
export async function tryCommitVersion(
  context: ObjectContext,
  commit: VersionCommit,
  options: CallOptions,
): Promise<ObjectInfo | 'lost-race'> {
  const { session, ...request } = commit;
  return session.commit(async (guard, put) => {
    const { kv, stamps } = context;
    const outcome = await putVersion(kv, { ...request, stamps, guard, put }, options);
    return outcome.kind === 'committed' ? objectInfo(outcome.bucket, outcome.version) : outcome.kind;
  }, options);
}

/** For commits without expectations of their own. */
export async function commitVersion(
  context: ObjectContext,
  commit: Omit<VersionCommit, 'expect'>,
  options: CallOptions,
): Promise<ObjectInfo> {
  const outcome = await tryCommitVersion(context, commit, options);
  if (outcome === 'lost-race') throw new CopysetError('bug', 'a put without expectations lost a race for them');
  return outcome;
}

export type Found = { readonly bucket: Stored<BucketRecord>; readonly version: Stored<VersionRecord> };

/** The version that was asked for, or the current one. */
export async function findObject(context: ObjectContext, path: ObjectPath, options: VersionOptions): Promise<Found> {
  const { versionId } = options;
  checkKey(path.key);
  const bucket = await findBucket(context.kv, path.bucket, options);
  const version =
    versionId === undefined
      ? await currentVersion(context.kv, bucket.record, path.key, options)
      : await findVersion(context.kv, bucket.record, path.key, { ...options, versionId });
  if (version === undefined || version.record.isDeleteMarker) throw noObject(version?.record, options);
  return { bucket, version };
}

function noObject(marker: VersionRecord | undefined, { versionId }: VersionOptions): CopysetError {
  const isNamed = versionId !== undefined;
  const what = isNamed ? (marker === undefined ? 'version' : 'delete_marker') : 'object';
  const about = marker === undefined ? {} : { deleteMarker: true, versionId: versionIdOf(marker) };
  const message = isNamed ? 'there is no such version of the object' : 'there is no such object';
  return new CopysetError('not_found', message, { details: { what, ...about } });
}

export async function getObject(
  context: ObjectContext,
  path: ObjectPath,
  options: VersionOptions & { readonly range?: ReadRange | undefined },
): Promise<ObjectReader> {
  const { bucket, version } = await findObject(context, path, options);
  const info = objectInfo(bucket.record, version.record);
  const range = resolveReadRange(options.range, info);
  const { signal } = options;
  const { record } = version;
  const observe = (isAtHand: boolean) => context.readAhead?.observe(record, range, { key: path.key, isAtHand });
  return {
    info,
    range,
    get slabs() {
      observe(false);
      return readContent(context, record, range, { signal });
    },
    get pieces() {
      observe(false);
      return readPieces(context, record, range, { signal });
    },
    atHand: () => {
      const piece = pieceAtHand(context, record, range, { signal });
      if (piece !== undefined) observe(true);
      return piece;
    },
  };
}

export async function headObject(
  context: ObjectContext,
  path: ObjectPath,
  options: VersionOptions,
): Promise<ObjectInfo> {
  const { bucket, version } = await findObject(context, path, options);
  return objectInfo(bucket.record, version.record);
}

export async function deleteObject(
  context: ObjectContext,
  path: ObjectPath,
  options: WriteOptions & VersionOptions,
): Promise<Deletion> {
  checkKey(path.key);
  const { signal, versionId, condition } = options;
  const found = await findBucket(context.kv, path.bucket, { signal });
  const request = { signal, versionId, condition: toCondition(condition), stamps: context.stamps };
  const { bucket, version } = await removeVersion(context.kv, found, path.key, request);
  if ((bucket.versioning ?? 'never') === 'never') return { versionId: undefined, isDeleteMarker: false };
  return {
    versionId: version === undefined ? versionId : versionIdOf(version),
    isDeleteMarker: version?.isDeleteMarker ?? false,
  };
}

export async function setTags(
  context: ObjectContext,
  path: ObjectPath,
  tags: Tags,
  options: VersionOptions,
): Promise<ObjectInfo> {
  const { kv, stamps } = context;
  for (let tries = 0; tries < maxAttempts; tries++) {
    const { bucket, version } = await findObject(context, path, options);
    const changed = await setVersionTags(kv, bucket.record, version, { ...options, tags, stamps });
    if (changed !== undefined) return objectInfo(bucket.record, changed);
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for ${path.key}`);
}
