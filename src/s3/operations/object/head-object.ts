/** Why: HEAD /bucket/key : all that GET would say, without the bytes. */
import { resolveRange } from '../../../object/range.ts';
import { judgeConditions, readConditions } from '../../fields/conditions.ts';
import { objectReplyHeaders, validators } from '../../fields/object-headers.ts';
import { contentRange, parseRange } from '../../fields/range.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const headObject = {
  name: 'HeadObject',
  level: 'object',
  method: 'HEAD',
  headers: [...readConditions, 'x-amz-checksum-mode'],
  action: 's3:GetObject',
  body: 'none',
  async handle({ target, headers, store, signal }) {
    const asked = parseRange(headers.get('range'));
    const info = await store.head(target.bucket, target.key, { signal });
    if (judgeConditions(headers, info) === 'not-modified') return emptyReply(304, validators(info));
    const range = resolveRange(asked, info.bytes);
    const reply = { ...objectReplyHeaders(info), 'content-length': String(range.to - range.from) };
    if (asked === undefined) return emptyReply(200, reply);
    return emptyReply(206, { ...reply, 'content-range': contentRange(range, info.bytes) });
  },
} as const satisfies Operation<ObjectTarget>;
