/**
 * Why: PUT /bucket/key?partNumber&uploadId : a part, durable before it is acknowledged
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html).
 */
import { partChecksumHeaders } from '../../fields/checksums.ts';
import { quoteEtag } from '../../fields/object-headers.ts';
import { partNumberField, uploadPath } from '../../fields/query-fields.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const uploadPart = {
  name: 'UploadPart',
  level: 'object',
  method: 'PUT',
  when: { query: { partNumber: true, uploadId: true } },
  action: 's3:PutObject',
  body: 'object',
  async handle(call) {
    const { store, body, signal } = call;
    const { etag, checksum } = await store.putPart(uploadPath(call), partNumberField(call.query), body, { signal });
    return emptyReply(200, { etag: quoteEtag(etag), ...partChecksumHeaders(checksum) });
  },
} as const satisfies Operation<ObjectTarget>;
