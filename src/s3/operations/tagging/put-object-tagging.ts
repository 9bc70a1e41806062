/**
 * Why: PUT /bucket/key?tagging : replaces all tags
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html).
 */
import { readDocument } from '../../body/document.ts';
import { documentTags, maxObjectTags } from '../../fields/tags.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const putObjectTagging = {
  name: 'PutObjectTagging',
  level: 'object',
  method: 'PUT',
  when: { query: { tagging: true } },
  query: ['versionId'],
  action: 's3:PutObjectTagging',
  versionAction: 's3:PutObjectVersionTagging',
  body: 'document',
  async handle({ target, query, store, body, signal }) {
    const tags = documentTags(await readDocument(body), maxObjectTags);
    const options = { signal, versionId: versionIdField(query) };
    return emptyReply(200, versionHeaders(await store.setTags(target.bucket, target.key, tags, options)));
  },
} as const satisfies Operation<ObjectTarget>;
