/** Why: PUT /bucket/key : stores a body under a key, whole or not at all. */
import { objectHeaderNames, quoteEtag, readObjectHeaders } from '../../fields/object-headers.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const putObject = {
  name: 'PutObject',
  level: 'object',
  method: 'PUT',
  headers: objectHeaderNames,
  action: 's3:PutObject',
  body: 'object',
  async handle({ target, headers, store, body, signal }) {
    const object = { body, headers: readObjectHeaders(headers) };
    const { etag } = await store.put(target.bucket, target.key, object, { signal });
    return emptyReply(200, { etag: quoteEtag(etag), ...body.verifiedChecksum });
  },
} as const satisfies Operation<ObjectTarget>;
