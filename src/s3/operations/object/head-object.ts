/**
 * Why: HEAD /bucket/key : all that GET would say, without the bytes
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
 */
import { resolveReadRange } from '../../../object/range.ts';
import { judgeConditions } from '../../fields/conditions.ts';
import { notModifiedHeaders } from '../../fields/object-headers.ts';
import { askedRange, objectReply, readHeaders, readQuery } from '../../fields/object-reply.ts';
import { versionIdField } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const headObject = {
  name: 'HeadObject',
  level: 'object',
  method: 'HEAD',
  query: readQuery,
  headers: readHeaders,
  action: 's3:GetObject',
  versionAction: 's3:GetObjectVersion',
  body: 'none',
  async handle(call) {
    const { target, query, headers, store, signal } = call;
    const asked = askedRange(call);
    const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
    if (judgeConditions(headers, info) === 'not-modified') return emptyReply(304, notModifiedHeaders(info));
    const range = resolveReadRange(asked, info);
    const reply = objectReply(call, info, { asked, range });
    return emptyReply(reply.status, { ...reply.headers, 'content-length': String(range.to - range.from) });
  },
} as const satisfies Operation<ObjectTarget>;
