/**
 * Why: PUT /bucket/key : stores a body under a key, whole or not at all
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html).
 */
import { checksumHeaders } from '../../fields/checksums.ts';
import { writeCondition, writeConditions } from '../../fields/conditions.ts';
import { objectHeaderNames, quoteEtag, readObjectHeaders } from '../../fields/object-headers.ts';
import { headerTags, tagDemands } from '../../fields/tags.ts';
import { versionHeaders } from '../../fields/versions.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';

export const putObject = {
  name: 'PutObject',
  level: 'object',
  method: 'PUT',
  headers: [...objectHeaderNames, ...writeConditions, 'x-amz-tagging'],
  action: 's3:PutObject',
  alsoDemands: tagDemands,
  body: 'object',
  async handle({ target, headers, store, body, signal }) {
    const object = { body, headers: readObjectHeaders(headers), tags: headerTags(headers) };
    const options = { signal, condition: writeCondition(headers) };
    const info = await store.put(target.bucket, target.key, object, options);
    return emptyReply(200, { etag: quoteEtag(info.etag), ...checksumHeaders(info), ...versionHeaders(info) });
  },
} as const satisfies Operation<ObjectTarget>;
