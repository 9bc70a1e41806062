/**
 * Why: GET /bucket/key?attributes : what is known of an object besides its bytes, as much as is asked for
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html).
 */
import type { ObjectInfo } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { plainChecksumElements } from '../../fields/checksums.ts';
import { countOf } from '../../fields/query-fields.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { HeaderFields } from '../../head.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { httpTime } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const getObjectAttributes = {
  name: 'GetObjectAttributes',
  level: 'object',
  method: 'GET',
  when: { query: { attributes: true } },
  query: ['versionId'],
  headers: ['x-amz-max-parts', 'x-amz-object-attributes', 'x-amz-part-number-marker'],
  action: 's3:GetObjectAttributes',
  versionAction: 's3:GetObjectVersionAttributes',
  alsoDemands: (_, query) => [{ action: query.has('versionId') ? 's3:GetObjectVersion' : 's3:GetObject' }],
  body: 'none',
  async handle({ target, query, headers, store, signal }) {
    const wanted = wantedAttributes(headers);
    const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
    const told = wanted.map((name) => attributes[name](info, headers));
    const modified = { 'last-modified': httpTime(info.modifiedAtMs) };
    return xmlReply('GetObjectAttributesResponse', Object.assign({}, ...told), {
      ...modified,
      ...versionHeaders(info),
    });
  },
} as const satisfies Operation<ObjectTarget>;

/** In the order of the answer; the ETag stands without quotes here. */
const attributes = {
  ETag: ({ etag }) => ({ ETag: etag }),
  Checksum: ({ checksum }) => (checksum === undefined ? {} : { Checksum: plainChecksumElements(checksum) }),
  ObjectParts: (info, headers) => (info.partBytes.length === 0 ? {} : { ObjectParts: objectParts(info, headers) }),
  StorageClass: () => ({ StorageClass: 'STANDARD' }),
  ObjectSize: ({ bytes }) => ({ ObjectSize: bytes }),
} as const satisfies Record<string, (info: ObjectInfo, headers: HeaderFields) => XmlFields>;

type Attribute = keyof typeof attributes;

function wantedAttributes(headers: HeaderFields): readonly Attribute[] {
  const named = headers.all('x-amz-object-attributes').flatMap((list) => list.split(',').map((name) => name.trim()));
  const known = Object.keys(attributes) as Attribute[];
  const unknown = named.filter((name) => !known.includes(name as Attribute));
  if (named.length > 0 && unknown.length === 0) return known.filter((name) => named.includes(name));
  throw s3Error('InvalidArgument', `x-amz-object-attributes must name some of ${known.join(', ')}`);
}

/** A page of the parts, numbered from 1 as GET numbers them. */
function objectParts({ partBytes }: ObjectInfo, headers: HeaderFields): XmlFields {
  const limit = countOf(headers.get('x-amz-max-parts'), 'x-amz-max-parts', { least: 0, most: 1000, otherwise: 1000 });
  const bounds = { least: 0, most: 10_000, otherwise: 0 };
  const after = countOf(headers.get('x-amz-part-number-marker'), 'x-amz-part-number-marker', bounds);
  const shown = partBytes.slice(after, after + limit);
  const last = after + shown.length;
  return {
    PartsCount: partBytes.length,
    PartNumberMarker: after,
    NextPartNumberMarker: last,
    MaxParts: limit,
    IsTruncated: last < partBytes.length,
    Part: shown.map((bytes, at) => ({ PartNumber: after + at + 1, Size: bytes })),
  };
}
