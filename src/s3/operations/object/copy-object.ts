/**
 * Why: PUT /bucket/key with x-amz-copy-source : the store shares blocks; reading the source is authorized as well
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
 */
import type { NewObject, ObjectInfo } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { askedKind, checksumElements } from '../../fields/checksums.ts';
import { judgeSource, sourceConditions, writeCondition, writeConditions } from '../../fields/conditions.ts';
import { copySource, refuseMarker, type SourcePath, sourceDemands } from '../../fields/copy-source.ts';
import { objectHeaderNames, quoteEtag, readObjectHeaders } from '../../fields/object-headers.ts';
import { headerTags, tagDemands } from '../../fields/tags.ts';
import { versionHeaders } from '../../fields/versions.ts';
import type { HeaderFields } from '../../head.ts';
import type { Call, Operation } from '../../operation.ts';
import { lateReply, type Reply, xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

export const copyObject = {
  name: 'CopyObject',
  level: 'object',
  method: 'PUT',
  when: { header: 'x-amz-copy-source' },
  headers: [
    ...objectHeaderNames,
    ...sourceConditions,
    ...writeConditions,
    'x-amz-checksum-algorithm',
    'x-amz-metadata-directive',
    'x-amz-tagging',
    'x-amz-tagging-directive',
  ],
  action: 's3:PutObject',
  alsoDemands: (headers) => [...sourceDemands(headers), ...tagDemands(headers)],
  body: 'none',
  async handle(call) {
    const from = copySource(call.headers);
    const replaced = replacedBy(call.headers);
    refuseNoChange(call.target, from, replaced);
    return lateReply(copy(call, from, replaced).catch(refuseMarker));
  },
} as const satisfies Operation<ObjectTarget>;

async function copy(call: Call<ObjectTarget>, from: SourcePath, replaced: Partial<NewObject>): Promise<Reply> {
  const { target, headers, store, signal } = call;
  let sourceVersion: string | undefined;
  const judge = judgeSource(headers);
  const condition = (source: ObjectInfo) => {
    judge(source);
    refuseOtherChecksum(headers, source);
    sourceVersion = source.versionId;
  };
  const options = { ...replaced, signal, condition: writeCondition(headers) };
  const info = await store.copy({ ...from, condition }, { bucket: target.bucket, key: target.key }, options);
  return xmlReply(
    'CopyObjectResult',
    { LastModified: isoTime(info.modifiedAtMs), ETag: quoteEtag(info.etag), ...checksumElements(info) },
    {
      ...versionHeaders(info),
      ...(sourceVersion === undefined ? {} : { 'x-amz-copy-source-version-id': sourceVersion }),
    },
  );
}

/** A copy keeps the checksum of its source: another one is nowhere computed. */
function refuseOtherChecksum(headers: HeaderFields, source: ObjectInfo): void {
  const kind = askedKind(headers);
  if (kind === undefined || kind === source.checksum?.kind) return;
  throw s3Error(
    'NotImplemented',
    'A copy with another x-amz-checksum-algorithm than that of its source is not supported',
  );
}

/** What the copy does not take from its source. */
function replacedBy(headers: HeaderFields): Partial<NewObject> {
  const tags = headerTags(headers);
  const replacesTags = directive(headers, 'x-amz-tagging-directive') === 'REPLACE';
  if (tags !== undefined && !replacesTags) {
    throw s3Error('InvalidRequest', 'x-amz-tagging is taken only with x-amz-tagging-directive: REPLACE');
  }
  const replacesHeaders = directive(headers, 'x-amz-metadata-directive') === 'REPLACE';
  return {
    ...(replacesHeaders ? { headers: readObjectHeaders(headers) } : {}),
    ...(replacesTags ? { tags: tags ?? {} } : {}),
  };
}

function directive(headers: HeaderFields, name: string): 'COPY' | 'REPLACE' {
  const value = headers.get(name) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw s3Error('InvalidArgument', `${name} must be COPY or REPLACE`);
}

function refuseNoChange(to: ObjectTarget, from: SourcePath, replaced: Partial<NewObject>): void {
  const isItself = from.bucket === to.bucket && from.key === to.key && from.versionId === undefined;
  if (!isItself || Object.keys(replaced).length > 0) return;
  throw s3Error('InvalidRequest', 'An object is copied onto itself only with x-amz-metadata-directive: REPLACE');
}
