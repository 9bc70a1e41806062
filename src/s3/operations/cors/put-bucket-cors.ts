/**
 * Why: PUT /bucket?cors : kept only when all of it is understood
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html).
 */
import { readText } from '../../body/document.ts';
import { checkCors } from '../../fields/bucket-documents.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

export const putBucketCors = {
  name: 'PutBucketCors',
  level: 'bucket',
  method: 'PUT',
  when: { query: { cors: true } },
  action: 's3:PutBucketCORS',
  body: 'document',
  async handle({ target, store, body, signal }) {
    const cors = await readText(body);
    checkCors(cors);
    await store.changeBucket(target.bucket, { cors }, { signal });
    return emptyReply(200);
  },
} as const satisfies Operation<BucketTarget>;
