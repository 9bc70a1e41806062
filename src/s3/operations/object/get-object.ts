/**
 * Why: GET /bucket/key : the bytes of a version, of a range or of a part of it, verified before they leave
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
 */

import { isCopysetError } from '../../../base/errors.ts';
import type { ObjectReader, ReadRange } from '../../../object/store.ts';
import { judgeConditions } from '../../fields/conditions.ts';
import { notModifiedHeaders } from '../../fields/object-headers.ts';
import { askedRange, objectReply, readHeaders, readQuery } from '../../fields/object-reply.ts';
import { versionIdField } from '../../fields/versions.ts';
import type { Call, Operation } from '../../operation.ts';
import { emptyReply, type Reply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const getObject = {
  name: 'GetObject',
  level: 'object',
  method: 'GET',
  query: readQuery,
  headers: readHeaders,
  action: 's3:GetObject',
  versionAction: 's3:GetObjectVersion',
  body: 'none',
  async handle(call) {
    const asked = askedRange(call); // a request that is wrong is wrong whatever there is
    try {
      return await read(call, asked);
    } catch (error) {
      if (!isCopysetError(error, 'request.invalid')) throw error;
      return (await unmodified(call)) ?? Promise.reject(error);
    }
  },
} as const satisfies Operation<ObjectTarget>;

async function read(call: Call<ObjectTarget>, asked: ReadRange | undefined): Promise<Reply> {
  const { target, query, headers, store, signal } = call;
  const options = { signal, versionId: versionIdField(query), ...(asked === undefined ? {} : { range: asked }) };
  const reader = await store.get(target.bucket, target.key, options);
  const { info, range } = reader;
  try {
    if (judgeConditions(headers, info) === 'not-modified') {
      await closeUnread(reader);
      return emptyReply(304, notModifiedHeaders(info));
    }
    const body = { kind: 'slabs', bytes: range.to - range.from, reader } as const;
    return { ...objectReply(call, info, { asked, range }), body };
  } catch (error) {
    await closeUnread(reader);
    throw error;
  }
}

async function closeUnread({ slabs }: ObjectReader): Promise<void> {
  await slabs[Symbol.asyncIterator]().return?.();
}

/** Conditions come before the range (RFC 9110, section 13.2.2): one that cannot be satisfied must not hide them. */
async function unmodified({ target, query, headers, store, signal }: Call<ObjectTarget>): Promise<Reply | undefined> {
  const info = await store.head(target.bucket, target.key, { signal, versionId: versionIdField(query) });
  return judgeConditions(headers, info) === 'not-modified' ? emptyReply(304, notModifiedHeaders(info)) : undefined;
}
