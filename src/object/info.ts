/** Why: records of the catalog and what doors see of them are told apart in one place. */
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import type { BucketInfo, ObjectHeaders, ObjectInfo, PartInfo } from './store.ts';

export function bucketInfo(bucket: BucketRecord): BucketInfo {
  const { copies, writeQuorum, blockBytes, md5Etags } = bucket;
  return { name: bucket.name, createdAtMs: bucket.createdAtMs, options: { copies, writeQuorum, blockBytes, md5Etags } };
}

export function objectInfo(version: VersionRecord): ObjectInfo {
  return {
    key: version.key,
    bytes: version.bytes,
    etag: version.etag,
    modifiedAtMs: version.modifiedAtMs,
    headers: headersOf(version),
    parts: version.parts ?? 0,
  };
}

export function partInfo(part: PartRecord): PartInfo {
  return { number: part.number, bytes: part.bytes, etag: part.etag, modifiedAtMs: part.modifiedAtMs };
}

/** The headers that a record keeps, and nothing else of it. */
export function headersOf(source: ObjectHeaders): ObjectHeaders {
  const { contentType, contentEncoding, cacheControl, contentDisposition, contentLanguage, expires, metadata } = source;
  return { contentType, contentEncoding, cacheControl, contentDisposition, contentLanguage, expires, metadata };
}
