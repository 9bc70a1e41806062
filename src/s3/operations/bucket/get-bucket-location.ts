/** Why: GET /bucket?location : S3 writes us-east-1 as an empty element. */
import type { Operation } from '../../operation.ts';
import { defaultRegion } from '../../region.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketLocation = {
  name: 'GetBucketLocation',
  level: 'bucket',
  method: 'GET',
  when: { query: { location: true } },
  action: 's3:GetBucketLocation',
  body: 'none',
  async handle({ target, store, region, signal }) {
    await store.headBucket(target.bucket, { signal });
    return xmlReply('LocationConstraint', region === defaultRegion ? '' : region);
  },
} as const satisfies Operation<BucketTarget>;
