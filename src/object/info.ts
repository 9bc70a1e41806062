/** Why: records of the catalog and what doors see of them are told apart in one place. */
import { remembered } from '../base/remembered.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { PartRecord } from '../catalog/records/part.ts';
import type { UploadRecord } from '../catalog/records/upload.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import { versionIdOf } from '../catalog/version-id.ts';
import type { BucketInfo, ObjectHeaders, ObjectInfo, PartInfo, UploadInfo } from './store.ts';

export function bucketInfo(bucket: BucketRecord): BucketInfo {
  const { copies, writeQuorum, blockBytes, md5Etags, policy, cors } = bucket;
  return {
    name: bucket.name,
    createdAtMs: bucket.createdAtMs,
    options: { copies, writeQuorum, blockBytes, md5Etags },
    versioning: bucket.versioning ?? 'never',
    tags: bucket.tags ?? {},
    documents: { policy, cors },
  };
}

export function objectInfo(bucket: BucketRecord, version: VersionRecord): ObjectInfo {
  return (bucket.versioning ?? 'never') === 'never' ? infoOfOnly(version) : infoOfVersion(version);
}

const infoOfOnly = remembered((version: VersionRecord) => infoOf(version, undefined));
const infoOfVersion = remembered((version: VersionRecord) => infoOf(version, versionIdOf(version)));

function infoOf(version: VersionRecord, versionId: string | undefined): ObjectInfo {
  return {
    key: version.key,
    bytes: version.bytes,
    etag: version.etag,
    modifiedAtMs: version.modifiedAtMs,
    headers: headersOf(version),
    partBytes: version.partBytes ?? [],
    checksum: version.checksum,
    tags: version.tags ?? {},
    versionId,
  };
}

export function partInfo({ number, bytes, etag, modifiedAtMs, checksum }: PartRecord): PartInfo {
  return { number, bytes, etag, modifiedAtMs, checksum };
}

export function uploadInfo({ id, key, startedAtMs, checksumKind, checksumType }: UploadRecord): UploadInfo {
  const isAnnounced = checksumKind !== undefined && checksumType !== undefined;
  return { id, key, startedAtMs, checksum: isAnnounced ? { kind: checksumKind, type: checksumType } : undefined };
}

/** The headers that a record keeps, and nothing else of it. */
export function headersOf(source: ObjectHeaders): ObjectHeaders {
  const { contentType, contentEncoding, cacheControl, contentDisposition, contentLanguage, expires, metadata } = source;
  return { contentType, contentEncoding, cacheControl, contentDisposition, contentLanguage, expires, metadata };
}
