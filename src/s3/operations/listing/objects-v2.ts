/**
 * Why: GET /bucket?list-type=2 : pages of keys in the order of their UTF-8 bytes, which is the store's
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
 */
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import type { ListPage } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { objectElements, prefixElements } from '../../fields/listings.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { isoTimes } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const listObjectsV2 = {
  name: 'ListObjectsV2',
  level: 'bucket',
  method: 'GET',
  when: { query: { 'list-type': '2' } },
  query: ['continuation-token', 'delimiter', 'encoding-type', 'fetch-owner', 'max-keys', 'prefix', 'start-after'],
  action: 's3:ListBucket',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const token = query.get('continuation-token');
    const limit = countField(query, 'max-keys', { least: 0, most: 1000, otherwise: 1000 });
    const listing = {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      after: token === undefined ? (query.get('start-after') ?? '') : decodeToken(token),
      limit,
    };
    const page = await store.list(target.bucket, listing, { signal });
    return xmlReply('ListBucketResult', {
      Name: target.bucket,
      ...echo(query),
      MaxKeys: limit,
      ...result(query, page),
    });
  },
} as const satisfies Operation<BucketTarget>;

/** What was asked for. */
function echo(query: Call['query']): XmlFields {
  const encode = nameEncoding(query);
  const encoded = (name: string) => (query.get(name) ? encode(query.get(name) ?? '') : undefined);
  return {
    Prefix: encode(query.get('prefix') ?? ''),
    Delimiter: encoded('delimiter'),
    StartAfter: encoded('start-after'),
    ContinuationToken: query.get('continuation-token'),
    EncodingType: query.get('encoding-type'),
  };
}

function result(query: Call['query'], page: ListPage): XmlFields {
  const encode = nameEncoding(query);
  const time = isoTimes();
  const shownOwner = query.get('fetch-owner') === 'true' ? owner : undefined;
  return {
    KeyCount: page.objects.length + page.commonPrefixes.length,
    IsTruncated: page.next !== undefined,
    NextContinuationToken: page.next === undefined ? undefined : encodeToken(page.next),
    Contents: page.objects.map((object) => ({
      Key: encode(object.key),
      ...objectElements(object, time),
      Owner: shownOwner,
    })),
    ...prefixElements(page.commonPrefixes, encode),
  };
}

/** Opaque to clients: where the last page ended. */
function encodeToken(after: string): string {
  return Buffer.from(utf8(after)).toString('base64url');
}

function decodeToken(token: string): string {
  const after = fromUtf8(Buffer.from(token, 'base64url'));
  if (after === undefined || after === '' || encodeToken(after) !== token) {
    throw s3Error('InvalidArgument', 'The continuation token is not valid');
  }
  return after;
}
