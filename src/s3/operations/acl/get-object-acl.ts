/** Why: GET /bucket/key?acl (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html). */
import { aclReply } from '../../fields/acl.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const getObjectAcl = {
  name: 'GetObjectAcl',
  level: 'object',
  method: 'GET',
  when: { query: { acl: true } },
  query: ['versionId'],
  action: 's3:GetObjectAcl',
  versionAction: 's3:GetObjectVersionAcl',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
    const reply = aclReply();
    return { ...reply, headers: { ...reply.headers, ...versionHeaders(info) } };
  },
} as const satisfies Operation<ObjectTarget>;
