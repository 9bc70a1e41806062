/** Why: what a bucket holds, page by page: objects, versions of objects, open uploads. */
import type { CallOptions } from '../base/async/abort.ts';
import { findBucket } from '../catalog/buckets.ts';
import { listKeys, listUploads, listVersions } from '../catalog/listing.ts';
import type { UploadRecord } from '../catalog/records/upload.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import { versionIdOf } from '../catalog/version-id.ts';
import type { ObjectContext } from './context.ts';
import { objectInfo, uploadInfo } from './info.ts';
import type { ListPage, ListQuery, UploadPage, UploadQuery, VersionPage, VersionQuery } from './store.ts';

export async function listObjects(
  context: ObjectContext,
  bucketName: string,
  query: ListQuery,
  options: CallOptions,
): Promise<ListPage> {
  const bucket = (await findBucket(context.kv, bucketName, options)).record;
  if (query.limit === 0) return { objects: [], commonPrefixes: [], next: undefined };
  const { versions, commonPrefixes, next } = await listKeys(context.kv, bucket, query, options);
  return { objects: versions, commonPrefixes, next };
}

export async function listObjectVersions(
  context: ObjectContext,
  bucketName: string,
  query: VersionQuery,
  options: CallOptions,
): Promise<VersionPage> {
  const bucket = (await findBucket(context.kv, bucketName, options)).record;
  if (query.limit === 0) return { versions: [], commonPrefixes: [], next: undefined };
  const { versions, commonPrefixes, next } = await listVersions(context.kv, bucket, query, options);
  return {
    versions: versions.map((version) => {
      const { isLatest, isDeleteMarker } = version;
      return { ...objectInfo(bucket, version), versionId: versionIdOf(version), isLatest, isDeleteMarker };
    }),
    commonPrefixes,
    next: next === undefined ? undefined : versionMarker(next),
  };
}

export async function listOpenUploads(
  context: ObjectContext,
  bucketName: string,
  query: UploadQuery,
  options: CallOptions,
): Promise<UploadPage> {
  const bucket = (await findBucket(context.kv, bucketName, options)).record;
  if (query.limit === 0) return { uploads: [], commonPrefixes: [], next: undefined };
  const { uploads, commonPrefixes, next } = await listUploads(context.kv, bucket, query, options);
  return {
    uploads: uploads.map(uploadInfo),
    commonPrefixes,
    next: next === undefined ? undefined : uploadMarker(next),
  };
}

/** A common prefix, or the last version of a page. */
function versionMarker(next: VersionRecord | string) {
  return typeof next === 'string'
    ? { key: next, versionId: undefined }
    : { key: next.key, versionId: versionIdOf(next) };
}

function uploadMarker(next: UploadRecord | string) {
  return typeof next === 'string' ? { key: next, id: undefined } : { key: next.key, id: next.id };
}
