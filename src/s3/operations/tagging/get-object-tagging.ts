/** Why: GET /bucket/key?tagging (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html). */
import { tagElements } from '../../fields/tags.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const getObjectTagging = {
  name: 'GetObjectTagging',
  level: 'object',
  method: 'GET',
  when: { query: { tagging: true } },
  query: ['versionId'],
  action: 's3:GetObjectTagging',
  versionAction: 's3:GetObjectVersionTagging',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
    return xmlReply('Tagging', tagElements(info.tags), versionHeaders(info));
  },
} as const satisfies Operation<ObjectTarget>;
