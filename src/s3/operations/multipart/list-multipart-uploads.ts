/**
 * Why: GET /bucket?uploads : open uploads, by the bytes of their keys, then by their ids
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html).
 */
import { parseId, type UploadId } from '../../../base/ids.ts';
import type { UploadInfo, UploadPage, UploadQuery } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { uploadChecksumElements } from '../../fields/checksums.ts';
import { prefixElements } from '../../fields/listings.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const listMultipartUploads = {
  name: 'ListMultipartUploads',
  level: 'bucket',
  method: 'GET',
  when: { query: { uploads: true } },
  query: ['delimiter', 'encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
  action: 's3:ListBucketMultipartUploads',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const encode = nameEncoding(query);
    const listing: UploadQuery = {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      after: marker(query),
      limit: countField(query, 'max-uploads', { least: 1, most: 1000, otherwise: 1000 }),
    };
    const page = await store.listUploads(target.bucket, listing, { signal });
    return xmlReply('ListMultipartUploadsResult', {
      Bucket: target.bucket,
      ...echo(query),
      MaxUploads: listing.limit,
      ...next(page, encode),
      Upload: page.uploads.map((upload) => entry(upload, encode)),
      ...prefixElements(page.commonPrefixes, encode),
    });
  },
} as const satisfies Operation<BucketTarget>;

/** Without a key an id means nothing. */
function marker(query: Call['query']): UploadQuery['after'] {
  const key = query.get('key-marker') ?? '';
  const text = query.get('upload-id-marker') ?? '';
  if (key === '') return undefined;
  if (text === '') return { key, id: undefined };
  const id = parseId<UploadId>(text);
  if (id === undefined) throw s3Error('InvalidArgument', 'Invalid uploadId marker');
  return { key, id };
}

function echo(query: Call['query']): XmlFields {
  const encode = nameEncoding(query);
  return {
    Prefix: encode(query.get('prefix') ?? ''),
    Delimiter: query.get('delimiter') ? encode(query.get('delimiter') ?? '') : undefined,
    KeyMarker: encode(query.get('key-marker') ?? ''),
    UploadIdMarker: query.get('upload-id-marker') ?? '',
    EncodingType: query.get('encoding-type'),
  };
}

function next({ next: at }: UploadPage, encode: (name: string) => string): XmlFields {
  if (at === undefined) return { IsTruncated: false };
  return { NextKeyMarker: encode(at.key), NextUploadIdMarker: at.id ?? '', IsTruncated: true };
}

function entry({ id, key, startedAtMs, checksum }: UploadInfo, encode: (name: string) => string): XmlFields {
  return {
    Key: encode(key),
    UploadId: id,
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    Initiated: isoTime(startedAtMs),
    ...uploadChecksumElements(checksum),
  };
}
