/**
 * Why: PUT /bucket/key?partNumber&uploadId with x-amz-copy-source : an object, or a range of it, becomes a part
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html).
 */
import type { ObjectInfo, RangeRequest } from '../../../object/store.ts';
import { s3Error } from '../../errors.ts';
import { partChecksumElements } from '../../fields/checksums.ts';
import { judgeSource, sourceConditions } from '../../fields/conditions.ts';
import { copySource, refuseMarker, sourceDemands } from '../../fields/copy-source.ts';
import { quoteEtag } from '../../fields/object-headers.ts';
import { partNumberField, uploadPath } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { lateReply, type Reply, xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

export const uploadPartCopy = {
  name: 'UploadPartCopy',
  level: 'object',
  method: 'PUT',
  when: { query: { partNumber: true, uploadId: true }, header: 'x-amz-copy-source' },
  headers: [...sourceConditions, 'x-amz-copy-source-range'],
  action: 's3:PutObject',
  alsoDemands: sourceDemands,
  body: 'none',
  async handle(call) {
    const to = { ...uploadPath(call), number: partNumberField(call.query) };
    return lateReply(copy(call, to, exactRange(call.headers.get('x-amz-copy-source-range'))).catch(refuseMarker));
  },
} as const satisfies Operation<ObjectTarget>;

type Destination = ReturnType<typeof uploadPath> & { readonly number: number };
type ExactRange = Extract<RangeRequest, { kind: 'from' }> & { readonly last: number };

async function copy(call: Call<ObjectTarget>, to: Destination, range: ExactRange | undefined): Promise<Reply> {
  const { headers, store, signal } = call;
  let sourceVersion: string | undefined;
  const judge = judgeSource(headers);
  const condition = (source: ObjectInfo) => {
    judge(source);
    if (range !== undefined && range.last >= source.bytes) throw beyond(source.bytes);
    sourceVersion = source.versionId;
  };
  const part = await store.copyPart({ ...copySource(headers), condition }, to, { signal, range });
  return xmlReply(
    'CopyPartResult',
    { LastModified: isoTime(part.modifiedAtMs), ETag: quoteEtag(part.etag), ...partChecksumElements(part.checksum) },
    sourceVersion === undefined ? {} : { 'x-amz-copy-source-version-id': sourceVersion },
  );
}

/** Both ends must be given, and lie within the source. */
function exactRange(header: string | undefined): ExactRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && first <= last) return { kind: 'from', first, last };
  throw s3Error('InvalidArgument', 'x-amz-copy-source-range must be bytes=first-last, counted from zero');
}

function beyond(bytes: number) {
  return s3Error('InvalidArgument', `The range is not valid for a source object of size: ${bytes}`);
}
