/** Why: PUT /bucket : makes a bucket; for its owner it is idempotent. Any region may be named, there is one. */
import { totalBytes } from '../../../base/bytes.ts';
import { isCopysetError } from '../../../base/errors.ts';
import { readDocument } from '../../body/document.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { readXml } from '../../xml/reader.ts';

export const createBucket = {
  name: 'CreateBucket',
  level: 'bucket',
  method: 'PUT',
  action: 's3:CreateBucket',
  body: 'document',
  async handle({ target, store, body, signal }) {
    const document = await readDocument(body);
    if (totalBytes(document) > 0) readXml(document, 'CreateBucketConfiguration').expectOnly('LocationConstraint');
    try {
      await store.createBucket(target.bucket, { signal });
    } catch (error) {
      if (!isCopysetError(error, 'already_exists')) throw error;
    }
    return emptyReply(200, { location: `/${target.bucket}` });
  },
} as const satisfies Operation<BucketTarget>;
