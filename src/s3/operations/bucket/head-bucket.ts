/** Why: HEAD /bucket : whether it exists. */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const headBucket = {
  name: 'HeadBucket',
  level: 'bucket',
  method: 'HEAD',
  action: 's3:ListBucket',
  body: 'none',
  async handle({ target, store, region, signal }) {
    await store.headBucket(target.bucket, { signal });
    return emptyReply(200, { 'x-amz-bucket-region': region });
  },
} as const satisfies Operation<BucketTarget>;
