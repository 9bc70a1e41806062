/**
 * Why: DELETE /bucket/key : success also where there was nothing; with versions a marker, or one version for ever
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html).
 */
import { writeCondition } from '../../fields/conditions.ts';
import { versionHeaders, versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const deleteObject = {
  name: 'DeleteObject',
  level: 'object',
  method: 'DELETE',
  query: ['versionId'],
  headers: ['if-match'],
  action: 's3:DeleteObject',
  versionAction: 's3:DeleteObjectVersion',
  body: 'none',
  async handle({ target, query, headers, store, signal }) {
    const options = { signal, versionId: versionIdField(query), condition: writeCondition(headers) };
    const deletion = await store.delete(target.bucket, target.key, options);
    const marker: Readonly<Record<string, string>> = deletion.isDeleteMarker ? { 'x-amz-delete-marker': 'true' } : {};
    return emptyReply(204, { ...marker, ...versionHeaders(deletion) });
  },
} as const satisfies Operation<ObjectTarget>;
