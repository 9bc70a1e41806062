/** Why: GET /bucket?acl (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html). */
import { aclReply } from '../../fields/acl.ts';
import type { Operation } from '../../operation.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketAcl = {
  name: 'GetBucketAcl',
  level: 'bucket',
  method: 'GET',
  when: { query: { acl: true } },
  action: 's3:GetBucketAcl',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.headBucket(target.bucket, { signal });
    return aclReply();
  },
} as const satisfies Operation<BucketTarget>;
