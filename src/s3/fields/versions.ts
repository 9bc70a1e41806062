/** Why: which version is meant, and which one an answer speaks of, is told in the same way by every operation. */
import { s3Error } from '../errors.ts';

/** Undefined: the current one. Whether there is such a version is the store's to say. */
export function versionIdField(query: ReadonlyMap<string, string>): string | undefined {
  const versionId = query.get('versionId');
  if (versionId === '') throw s3Error('InvalidArgument', 'Version id cannot be the empty string');
  return versionId;
}

export function versionHeaders(version: { readonly versionId: string | undefined }): Readonly<Record<string, string>> {
  return version.versionId === undefined ? {} : { 'x-amz-version-id': version.versionId };
}
