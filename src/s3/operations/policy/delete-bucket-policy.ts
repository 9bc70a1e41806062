/** Why: DELETE /bucket?policy (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html). */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const deleteBucketPolicy = {
  name: 'DeleteBucketPolicy',
  level: 'bucket',
  method: 'DELETE',
  when: { query: { policy: true } },
  action: 's3:DeleteBucketPolicy',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.changeBucket(target.bucket, { policy: undefined }, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
