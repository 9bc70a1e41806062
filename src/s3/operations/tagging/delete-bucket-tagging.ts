/** Why: DELETE /bucket?tagging (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html). */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const deleteBucketTagging = {
  name: 'DeleteBucketTagging',
  level: 'bucket',
  method: 'DELETE',
  when: { query: { tagging: true } },
  action: 's3:PutBucketTagging',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.changeBucket(target.bucket, { tags: {} }, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
