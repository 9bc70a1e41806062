/** Why: DELETE /bucket : only an empty one goes. */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const deleteBucket = {
  name: 'DeleteBucket',
  level: 'bucket',
  method: 'DELETE',
  action: 's3:DeleteBucket',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.deleteBucket(target.bucket, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
