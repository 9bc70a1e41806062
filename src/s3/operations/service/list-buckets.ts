/** Why: GET / : all buckets. */
import { owner } from '../../fields/owner.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ServiceTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

export const listBuckets = {
  name: 'ListBuckets',
  level: 'service',
  method: 'GET',
  action: 's3:ListAllMyBuckets',
  body: 'none',
  async handle({ store, signal }) {
    const buckets = await store.listBuckets({ signal });
    const elements = buckets.map(({ name, createdAtMs }) => ({ Name: name, CreationDate: isoTime(createdAtMs) }));
    return xmlReply('ListAllMyBucketsResult', { Owner: owner, Buckets: { Bucket: elements } });
  },
} as const satisfies Operation<ServiceTarget>;
