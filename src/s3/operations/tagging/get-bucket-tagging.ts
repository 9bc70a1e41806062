/** Why: GET /bucket?tagging (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html). */
import { s3Error } from '../../errors.ts';
import { tagElements } from '../../fields/tags.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const getBucketTagging = {
  name: 'GetBucketTagging',
  level: 'bucket',
  method: 'GET',
  when: { query: { tagging: true } },
  action: 's3:GetBucketTagging',
  body: 'none',
  async handle({ target, store, signal }) {
    const { tags } = await store.headBucket(target.bucket, { signal });
    if (Object.keys(tags).length === 0) throw s3Error('NoSuchTagSet');
    return xmlReply('Tagging', tagElements(tags));
  },
} as const satisfies Operation<BucketTarget>;
