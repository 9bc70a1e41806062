/**
 * Why: GET /bucket?versions : all versions and delete markers, by key, newest first
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html).
 */
import type { VersionInfo, VersionPage, VersionQuery } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { objectElements, prefixElements } from '../../fields/listings.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { isoTimes } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const listObjectVersions = {
  name: 'ListObjectVersions',
  level: 'bucket',
  method: 'GET',
  when: { query: { versions: true } },
  query: ['delimiter', 'encoding-type', 'key-marker', 'max-keys', 'prefix', 'version-id-marker'],
  action: 's3:ListBucketVersions',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const encode = nameEncoding(query);
    const listing: VersionQuery = {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      after: marker(query),
      limit: countField(query, 'max-keys', { least: 0, most: 1000, otherwise: 1000 }),
    };
    const time = isoTimes();
    const page = await store.listVersions(target.bucket, listing, { signal });
    return xmlReply('ListVersionsResult', [
      { Name: target.bucket, MaxKeys: listing.limit, ...echo(query), ...next(page, encode) },
      ...page.versions.map((version) => entry(version, { encode, time })),
      prefixElements(page.commonPrefixes, encode),
    ]);
  },
} as const satisfies Operation<BucketTarget>;

function marker(query: Call['query']): VersionQuery['after'] {
  const key = query.get('key-marker') ?? '';
  const versionId = query.get('version-id-marker') || undefined;
  if (key !== '') return { key, versionId };
  if (versionId === undefined) return undefined;
  throw s3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker');
}

function echo(query: Call['query']): XmlFields {
  const encode = nameEncoding(query);
  return {
    Prefix: encode(query.get('prefix') ?? ''),
    KeyMarker: encode(query.get('key-marker') ?? ''),
    VersionIdMarker: query.get('version-id-marker') ?? '',
    Delimiter: query.get('delimiter') ? encode(query.get('delimiter') ?? '') : undefined,
    EncodingType: query.get('encoding-type'),
  };
}

function next({ next: at }: VersionPage, encode: (name: string) => string): XmlFields {
  if (at === undefined) return { IsTruncated: false };
  return { IsTruncated: true, NextKeyMarker: encode(at.key), NextVersionIdMarker: at.versionId };
}

type Writing = { readonly encode: (name: string) => string; readonly time: (atMs: number) => string };

/** A version without an id of its own is called `null`, also where there never were versions. */
function entry(version: VersionInfo, { encode, time }: Writing): XmlFields {
  const { key, versionId = 'null', isLatest, isDeleteMarker, modifiedAtMs } = version;
  const common = { Key: encode(key), VersionId: versionId, IsLatest: isLatest };
  if (isDeleteMarker) return { DeleteMarker: { ...common, LastModified: time(modifiedAtMs), Owner: owner } };
  return { Version: { ...common, ...objectElements(version, time), Owner: owner } };
}
