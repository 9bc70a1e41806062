/** Why: DELETE /bucket/key : success also where there was nothing. */
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const deleteObject = {
  name: 'DeleteObject',
  level: 'object',
  method: 'DELETE',
  action: 's3:DeleteObject',
  body: 'none',
  async handle({ target, store, signal }) {
    await store.delete(target.bucket, target.key, { signal });
    return emptyReply(204);
  },
} as const satisfies Operation<ObjectTarget>;
