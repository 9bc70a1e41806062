/**
 * Why: GET /bucket?policyStatus : whether the policy lets everybody in
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html).
 */
import { s3Error } from '../../errors.ts';
import { isPublicPolicy } from '../../fields/bucket-documents.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketPolicyStatus = {
  name: 'GetBucketPolicyStatus',
  level: 'bucket',
  method: 'GET',
  when: { query: { policyStatus: true } },
  action: 's3:GetBucketPolicyStatus',
  body: 'none',
  async handle({ target, store, signal }) {
    const { policy } = (await store.headBucket(target.bucket, { signal })).documents;
    if (policy === undefined) throw s3Error('NoSuchBucketPolicy');
    return xmlReply('PolicyStatus', { IsPublic: isPublicPolicy(policy, target.bucket) });
  },
} as const satisfies Operation<BucketTarget>;
