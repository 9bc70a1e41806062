/** Why: PUT /bucket/key with x-amz-copy-source : the store shares blocks; reading the source is authorized as well. */
import { s3Error } from '../../errors.ts';
import { objectHeaderNames, quoteEtag, readObjectHeaders } from '../../fields/object-headers.ts';
import type { HeaderFields } from '../../head.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import { type ObjectTarget, parseObjectPath } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

export const copyObject = {
  name: 'CopyObject',
  level: 'object',
  method: 'PUT',
  when: { header: 'x-amz-copy-source' },
  headers: [...objectHeaderNames, 'x-amz-metadata-directive'],
  action: 's3:PutObject',
  alsoDemands: (headers) => [{ action: 's3:GetObject', resource: copySource(headers) }],
  body: 'none',
  async handle({ target, headers, store, signal }) {
    const from = copySource(headers);
    const replaces = directive(headers) === 'REPLACE';
    if (!replaces && from.bucket === target.bucket && from.key === target.key) {
      throw s3Error('InvalidRequest', 'An object is copied onto itself only with x-amz-metadata-directive: REPLACE');
    }
    const options = replaces ? { signal, headers: readObjectHeaders(headers) } : { signal };
    const { etag, modifiedAtMs } = await store.copy(from, target, options);
    return xmlReply('CopyObjectResult', { LastModified: isoTime(modifiedAtMs), ETag: quoteEtag(etag) });
  },
} as const satisfies Operation<ObjectTarget>;

/** Parsed by the parser of targets, once. */
function copySource(headers: HeaderFields): ObjectTarget {
  const [path = '', ...query] = headers.required('x-amz-copy-source').split('?');
  if (query.length > 0) throw s3Error('NotImplemented', 'A versionId in x-amz-copy-source is not supported');
  const source = parseObjectPath(path.startsWith('/') ? path.slice(1) : path);
  if (source.level !== 'object') throw s3Error('InvalidArgument', 'x-amz-copy-source must be bucket/key');
  return source;
}

function directive(headers: HeaderFields): 'COPY' | 'REPLACE' {
  const value = headers.get('x-amz-metadata-directive') ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') {
    throw s3Error('InvalidArgument', 'x-amz-metadata-directive must be COPY or REPLACE');
  }
  return value;
}
