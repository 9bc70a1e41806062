/** Why: GET /bucket/key : the bytes of an object or of one range of it, verified before they leave. */
import { judgeConditions, readConditions } from '../../fields/conditions.ts';
import { objectReplyHeaders, validators } from '../../fields/object-headers.ts';
import { contentRange, parseRange } from '../../fields/range.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const getObject = {
  name: 'GetObject',
  level: 'object',
  method: 'GET',
  headers: [...readConditions, 'x-amz-checksum-mode'],
  action: 's3:GetObject',
  body: 'none',
  async handle({ target, headers, store, signal }) {
    const asked = parseRange(headers.get('range'));
    const options = asked === undefined ? { signal } : { signal, range: asked };
    const { info, range, slabs } = await store.get(target.bucket, target.key, options);
    if (judgeConditions(headers, info) === 'not-modified') return emptyReply(304, validators(info));
    const body = { kind: 'slabs', bytes: range.to - range.from, slabs } as const;
    if (asked === undefined) return { status: 200, headers: objectReplyHeaders(info), body };
    const partial = { ...objectReplyHeaders(info), 'content-range': contentRange(range, info.bytes) };
    return { status: 206, headers: partial, body };
  },
} as const satisfies Operation<ObjectTarget>;
