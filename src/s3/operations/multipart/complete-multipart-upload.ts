/**
 * Why: POST /bucket/key?uploadId : joins the named parts into the object, in one commit
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
 */
import { isCopysetError } from '../../../base/errors.ts';
import type { CompletedPart, Completion, UploadChecksum } from '../../../object/store.ts';
import { uriEncode } from '../../../sigv4/uri.ts';
import { readDocument } from '../../body/document.ts';
import { s3Error } from '../../errors.ts';
import {
  algorithmName,
  askedType,
  checksumElementNames,
  checksumElements,
  checksumTypeName,
  elementChecksum,
  promisedObjectChecksum,
} from '../../fields/checksums.ts';
import { writeCondition, writeConditions } from '../../fields/conditions.ts';
import { quoteEtag, unquoteEtag } from '../../fields/object-headers.ts';
import { countOf, uploadPath } from '../../fields/query-fields.ts';
import { versionHeaders } from '../../fields/versions.ts';
import type { Call, Operation } from '../../operation.ts';
import { lateReply, type Reply, xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { readXml, type XmlElement } from '../../xml/reader.ts';

const maxParts = 10_000;

export const completeMultipartUpload = {
  name: 'CompleteMultipartUpload',
  level: 'object',
  method: 'POST',
  when: { query: { uploadId: true } },
  headers: [...writeConditions, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
  action: 's3:PutObject',
  body: 'document',
  checksumIsOfObject: true,
  async handle(call) {
    const parts = namedParts(readXml(await readDocument(call.body), 'CompleteMultipartUpload'));
    const promised = promisedObjectChecksum(call.headers, parts.length);
    await refuseOtherChecksum(call, promised?.kind);
    return lateReply(complete(call, { parts, checksum: promised?.digest, bytes: objectSize(call) }));
  },
} as const satisfies Operation<ObjectTarget>;

async function complete(call: Call<ObjectTarget>, completion: Completion): Promise<Reply> {
  const { target, headers, store, signal } = call;
  const condition = writeCondition(headers);
  const info = await store.completeUpload(uploadPath(call), completion, { signal, condition });
  const document = {
    Location: `/${target.bucket}/${uriEncode(target.key, { keepSlash: true })}`,
    Bucket: target.bucket,
    Key: target.key,
    ETag: quoteEtag(info.etag),
    ...checksumElements(info),
  };
  return xmlReply('CompleteMultipartUploadResult', document, versionHeaders(info));
}

function namedParts(document: XmlElement): readonly CompletedPart[] {
  document.expectOnly('Part');
  const parts = document.all('Part').map(completedPart);
  if (parts.length === 0 || parts.length > maxParts)
    throw s3Error('MalformedXML', `1 to ${maxParts} parts are expected`);
  if (!parts.every(({ number }, at) => number > (parts[at - 1]?.number ?? 0))) throw s3Error('InvalidPartOrder');
  return parts;
}

function completedPart(part: XmlElement): CompletedPart {
  part.expectOnly('PartNumber', 'ETag', ...checksumElementNames);
  const number = part.textOf('PartNumber')?.trim() ?? '';
  const etag = part.textOf('ETag');
  if (!/^\d{1,5}$/.test(number) || etag === undefined) {
    throw s3Error('MalformedXML', 'A <Part> must hold a <PartNumber> and an <ETag>');
  }
  return { number: Number(number), etag: unquoteEtag(etag), checksum: elementChecksum(part) };
}

function objectSize({ headers }: Call): number | undefined {
  const name = 'x-amz-mp-object-size';
  if (!headers.has(name)) return undefined;
  const most = Number.MAX_SAFE_INTEGER;
  return countOf(headers.get(name), name, { least: 0, most, otherwise: 0 });
}

/** What the head says of the object's checksum must be what the upload announced. */
async function refuseOtherChecksum(call: Call<ObjectTarget>, kind: UploadChecksum['kind'] | undefined): Promise<void> {
  const type = askedType(call.headers);
  if (kind === undefined && type === undefined) return;
  const announced = await openUploadChecksum(call);
  if (announced === 'completed') return;
  const kindFits = kind === undefined || announced === undefined || announced.kind === kind;
  const typeFits = type === undefined || announced?.type === type;
  if (kindFits && typeFits) return;
  const has = announced ? `${algorithmName(announced.kind)}, ${checksumTypeName(announced.type)}` : 'no checksum';
  throw s3Error('InvalidRequest', `The upload was created with ${has}; the completion must name the same`);
}

/** An upload that is gone may have been completed: then the same answer comes again, and nothing is checked. */
async function openUploadChecksum(call: Call<ObjectTarget>): Promise<UploadChecksum | undefined | 'completed'> {
  try {
    return (await call.store.listParts(uploadPath(call), 0, { signal: call.signal, limit: 1 })).upload.checksum;
  } catch (error) {
    if (isCopysetError(error, 'not_found')) return 'completed';
    throw error;
  }
}
