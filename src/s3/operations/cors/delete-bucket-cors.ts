/** Why: DELETE /bucket?cors (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html). */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const deleteBucketCors = {
  name: 'DeleteBucketCors',
  level: 'bucket',
  method: 'DELETE',
  when: { query: { cors: true } },
  action: 's3:PutBucketCORS',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.changeBucket(target.bucket, { cors: undefined }, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
