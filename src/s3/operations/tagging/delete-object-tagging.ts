/** Why: DELETE /bucket/key?tagging (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html). */
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const deleteObjectTagging = {
  name: 'DeleteObjectTagging',
  level: 'object',
  method: 'DELETE',
  when: { query: { tagging: true } },
  query: ['versionId'],
  action: 's3:DeleteObjectTagging',
  versionAction: 's3:DeleteObjectVersionTagging',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const options = { signal, versionId: versionIdField(query) };
    return emptyReply(204, versionHeaders(await store.setTags(target.bucket, target.key, {}, options)));
  },
} as const satisfies Operation<ObjectTarget>;
