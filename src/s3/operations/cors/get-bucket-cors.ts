/** Why: GET /bucket?cors : as it was put (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html). */
import { s3Error } from '../../errors.ts';
import type { Operation } from '../../operation.ts';
import { textReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketCors = {
  name: 'GetBucketCors',
  level: 'bucket',
  method: 'GET',
  when: { query: { cors: true } },
  action: 's3:GetBucketCORS',
  body: 'none',
  async handle({ target, store, signal }) {
    const { cors } = (await store.headBucket(target.bucket, { signal })).documents;
    if (cors === undefined) throw s3Error('NoSuchCORSConfiguration');
    return textReply('application/xml', cors);
  },
} as const satisfies Operation<BucketTarget>;
