/** Why: PUT /bucket/key?acl (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html). */
import { expectPrivate } from '../../fields/acl.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const putObjectAcl = {
  name: 'PutObjectAcl',
  level: 'object',
  method: 'PUT',
  when: { query: { acl: true } },
  query: ['versionId'],
  action: 's3:PutObjectAcl',
  versionAction: 's3:PutObjectVersionAcl',
  body: 'document',
  async handle({ target, query, headers, store, body, signal }) {
    await expectPrivate(headers, body);
    const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
    return emptyReply(200, versionHeaders(info));
  },
} as const satisfies Operation<ObjectTarget>;
