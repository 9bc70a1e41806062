/**
 * Why: GET /bucket/key?uploadId : the parts of an open upload, by number
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html).
 */
import type { PartInfo } from '../../../object/store.ts';
import { partChecksumElements, uploadChecksumElements } from '../../fields/checksums.ts';
import { quoteEtag } from '../../fields/object-headers.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding, uploadPath } from '../../fields/query-fields.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';
import type { XmlFields } from '../../xml/writer.ts';

export const listParts = {
  name: 'ListParts',
  level: 'object',
  method: 'GET',
  when: { query: { uploadId: true } },
  query: ['encoding-type', 'max-parts', 'part-number-marker'],
  action: 's3:ListMultipartUploadParts',
  body: 'none',
  async handle(call) {
    const { target, query, store, signal } = call;
    const path = uploadPath(call);
    const limit = countField(query, 'max-parts', { least: 0, most: 1000, otherwise: 1000 });
    const after = countField(query, 'part-number-marker', { least: 0, most: 10_000, otherwise: 0 });
    const found = await store.listParts(path, after, { signal, limit: limit + 1 });
    const parts = found.parts.slice(0, limit);
    return xmlReply('ListPartsResult', {
      Bucket: target.bucket,
      Key: nameEncoding(query)(target.key),
      EncodingType: query.get('encoding-type'),
      UploadId: path.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: 'STANDARD',
      ...uploadChecksumElements(found.upload.checksum),
      PartNumberMarker: after,
      NextPartNumberMarker: parts.at(-1)?.number ?? after,
      MaxParts: limit,
      IsTruncated: limit > 0 && found.parts.length > limit,
      Part: parts.map(partElements),
    });
  },
} as const satisfies Operation<ObjectTarget>;

function partElements({ number, modifiedAtMs, etag, bytes, checksum }: PartInfo): XmlFields {
  return {
    PartNumber: number,
    LastModified: isoTime(modifiedAtMs),
    ETag: quoteEtag(etag),
    Size: bytes,
    ...partChecksumElements(checksum),
  };
}
