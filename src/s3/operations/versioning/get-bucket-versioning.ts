/**
 * Why: GET /bucket?versioning : no status where versions were never enabled
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html).
 */
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';

const statuses = { never: undefined, enabled: 'Enabled', suspended: 'Suspended' } as const;

export const getBucketVersioning = {
  name: 'GetBucketVersioning',
  level: 'bucket',
  method: 'GET',
  when: { query: { versioning: true } },
  action: 's3:GetBucketVersioning',
  body: 'none',
  async handle({ target, store, signal }) {
    const { versioning } = await store.headBucket(target.bucket, { signal });
    return xmlReply('VersioningConfiguration', { Status: statuses[versioning] });
  },
} as const satisfies Operation<BucketTarget>;
