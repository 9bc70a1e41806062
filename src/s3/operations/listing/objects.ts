/**
 * Why: GET /bucket : the first form of the listing, which many clients still use
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html).
 */
import type { ListPage } from '../../../object/store.ts';
import { objectElements, prefixElements } from '../../fields/listings.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { isoTimes } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const listObjects = {
  name: 'ListObjects',
  level: 'bucket',
  method: 'GET',
  query: ['delimiter', 'encoding-type', 'marker', 'max-keys', 'prefix'],
  action: 's3:ListBucket',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const listing = {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      after: query.get('marker') ?? '',
      limit: countField(query, 'max-keys', { least: 0, most: 1000, otherwise: 1000 }),
    };
    const page = await store.list(target.bucket, listing, { signal });
    return xmlReply('ListBucketResult', { Name: target.bucket, MaxKeys: listing.limit, ...result(query, page) });
  },
} as const satisfies Operation<BucketTarget>;

function result(query: Call['query'], page: ListPage): XmlFields {
  const encode = nameEncoding(query);
  const time = isoTimes();
  const delimiter = query.get('delimiter') || undefined;
  return {
    Prefix: encode(query.get('prefix') ?? ''),
    Marker: encode(query.get('marker') ?? ''),
    // without a delimiter the last key is the marker of the next page, and S3 leaves it to the client
    NextMarker: page.next !== undefined && delimiter !== undefined ? encode(page.next) : undefined,
    Delimiter: delimiter && encode(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: page.next !== undefined,
    Contents: page.objects.map((object) => ({
      Key: encode(object.key),
      ...objectElements(object, time),
      Owner: owner,
    })),
    ...prefixElements(page.commonPrefixes, encode),
  };
}
