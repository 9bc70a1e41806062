/** Why: POST /bucket/key?uploads : opens an upload; its headers become the object's. */
import { objectHeaderNames, readObjectHeaders } from '../../fields/object-headers.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const createMultipartUpload = {
  name: 'CreateMultipartUpload',
  level: 'object',
  method: 'POST',
  when: { query: { uploads: true } },
  // the algorithm says which checksum the parts will carry: each is verified as it comes
  headers: [...objectHeaderNames, 'x-amz-checksum-algorithm'],
  action: 's3:PutObject',
  body: 'none',
  async handle({ target: { bucket, key }, headers, store, signal }) {
    const id = await store.createUpload(bucket, key, { signal, headers: readObjectHeaders(headers) });
    return xmlReply('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
  },
} as const satisfies Operation<ObjectTarget>;
