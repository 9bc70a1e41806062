/** Why: GET /bucket?policy : as it was put (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html). */
import { s3Error } from '../../errors.ts';
import type { Operation } from '../../operation.ts';
import { textReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketPolicy = {
  name: 'GetBucketPolicy',
  level: 'bucket',
  method: 'GET',
  when: { query: { policy: true } },
  action: 's3:GetBucketPolicy',
  body: 'none',
  async handle({ target, store, signal }) {
    const { policy } = (await store.headBucket(target.bucket, { signal })).documents;
    if (policy === undefined) throw s3Error('NoSuchBucketPolicy');
    return textReply('application/json', policy);
  },
} as const satisfies Operation<BucketTarget>;
