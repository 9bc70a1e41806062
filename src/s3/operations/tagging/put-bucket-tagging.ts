/** Why: PUT /bucket?tagging : replaces all tags (docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html). */
import { readDocument } from '../../body/document.ts';
import { documentTags, maxBucketTags } from '../../fields/tags.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const putBucketTagging = {
  name: 'PutBucketTagging',
  level: 'bucket',
  method: 'PUT',
  when: { query: { tagging: true } },
  action: 's3:PutBucketTagging',
  body: 'document',
  async handle({ target, store, body, signal }) {
    await store.changeBucket(
      target.bucket,
      { tags: documentTags(await readDocument(body), maxBucketTags) },
      { signal },
    );
    return emptyReply(204);
  },
} as const satisfies Operation<BucketTarget>;
