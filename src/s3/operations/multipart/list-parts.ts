/** Why: GET /bucket/key?uploadId : the parts of an open upload, by number. */
import { quoteEtag } from '../../fields/object-headers.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding, uploadPath } from '../../fields/query-fields.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

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
    const parts = found.slice(0, limit);
    const truncated = limit > 0 && found.length > limit;
    return xmlReply('ListPartsResult', {
      Bucket: target.bucket,
      Key: nameEncoding(query)(target.key),
      EncodingType: query.get('encoding-type'),
      UploadId: path.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: 'STANDARD',
      PartNumberMarker: after,
      NextPartNumberMarker: truncated ? parts.at(-1)?.number : undefined,
      MaxParts: limit,
      IsTruncated: truncated,
      Part: parts.map(({ number, modifiedAtMs, etag, bytes }) => ({
        PartNumber: number,
        LastModified: isoTime(modifiedAtMs),
        ETag: quoteEtag(etag),
        Size: bytes,
      })),
    });
  },
} as const satisfies Operation<ObjectTarget>;
