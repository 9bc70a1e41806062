/**
 * Why: POST /bucket/key?uploads : opens an upload; its headers and tags become the object's
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html).
 */
import { announcedChecksum, uploadChecksumHeaders } from '../../fields/checksums.ts';
import { objectHeaderNames, readObjectHeaders } from '../../fields/object-headers.ts';
import { headerTags, tagDemands } from '../../fields/tags.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const createMultipartUpload = {
  name: 'CreateMultipartUpload',
  level: 'object',
  method: 'POST',
  when: { query: { uploads: true } },
  headers: [...objectHeaderNames, 'x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-tagging'],
  action: 's3:PutObject',
  alsoDemands: tagDemands,
  body: 'none',
  async handle({ target: { bucket, key }, headers, store, signal }) {
    const checksum = announcedChecksum(headers);
    const object = { headers: readObjectHeaders(headers), tags: headerTags(headers) };
    const id = await store.createUpload(bucket, key, { signal, ...object, checksum });
    const document = { Bucket: bucket, Key: key, UploadId: id };
    return xmlReply('InitiateMultipartUploadResult', document, uploadChecksumHeaders(checksum));
  },
} as const satisfies Operation<ObjectTarget>;
