/** Why: PUT /bucket?acl (docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html). */
import { expectPrivate } from '../../fields/acl.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const putBucketAcl = {
  name: 'PutBucketAcl',
  level: 'bucket',
  method: 'PUT',
  when: { query: { acl: true } },
  action: 's3:PutBucketAcl',
  body: 'document',
  async handle({ target, headers, store, body, signal }) {
    await expectPrivate(headers, body);
    await store.headBucket(target.bucket, { signal });
    return emptyReply(200);
  },
} as const satisfies Operation<BucketTarget>;
