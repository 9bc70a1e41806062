/** Why: a source is named in a header, by a path with, perhaps, a version; parsed once, by the parser of targets. */
import { isCopysetError } from '../../base/errors.ts';
import type { ObjectPath } from '../../object/store.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import type { Demand } from '../operation.ts';
import { parseObjectPath } from '../router/target.ts';

export type SourcePath = ObjectPath & { readonly versionId: string | undefined };

/** `bucket/key` or `/bucket/key`, percent-encoded (some encode the first slash too), perhaps with `?versionId=`. */
export function copySource(headers: HeaderFields): SourcePath {
  const header = headers.required('x-amz-copy-source');
  const [, path = '', versionId] = /^(?:\/|%2F)?(.*?)(?:\?versionId=([^?]*))?$/is.exec(header) ?? [];
  if (versionId === '') throw s3Error('InvalidArgument', 'Version id cannot be the empty string');
  const source = parseObjectPath(path.includes('/') ? path : path.replace(/%2F/i, '/'));
  if (source.level !== 'object') throw s3Error('InvalidArgument', 'x-amz-copy-source must be bucket/key');
  return { bucket: source.bucket, key: source.key, versionId };
}

/** To copy is to read. */
export function sourceDemands(headers: HeaderFields): readonly Demand[] {
  const { bucket, key, versionId } = copySource(headers);
  return [{ action: versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', resource: { bucket, key } }];
}

/** A delete marker is nothing to copy: a request that names one is wrong (API_UploadPartCopy, x-amz-copy-source). */
export function refuseMarker(error: unknown): never {
  const isMarker = isCopysetError(error, 'not_found') && error.details.what === 'delete_marker';
  throw isMarker ? s3Error('InvalidRequest', 'A delete marker cannot be named as the source of a copy') : error;
}
