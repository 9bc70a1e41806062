/**
 * Why: PUT /bucket?policy : kept only when all of it is understood
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html).
 */
import { parsePolicy } from '../../../access/policy.ts';
import { readText } from '../../body/document.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const putBucketPolicy = {
  name: 'PutBucketPolicy',
  level: 'bucket',
  method: 'PUT',
  when: { query: { policy: true } },
  action: 's3:PutBucketPolicy',
  body: 'document',
  async handle({ target, store, body, signal }) {
    const policy = await readText(body);
    parsePolicy(policy, target.bucket); // throws where it is none
    await store.changeBucket(target.bucket, { policy }, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
