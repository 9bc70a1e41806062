/** Why: DELETE /bucket/key?uploadId : gives an upload up; its parts are collected. */
import { uploadPath } from '../../fields/query-fields.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const abortMultipartUpload = {
  name: 'AbortMultipartUpload',
  level: 'object',
  method: 'DELETE',
  when: { query: { uploadId: true } },
  action: 's3:AbortMultipartUpload',
  body: 'none',
  async handle(call) {
    await call.store.abortUpload(uploadPath(call), { signal: call.signal });
    return emptyReply(204);
  },
} as const satisfies Operation<ObjectTarget>;
