/** Why: POST /bucket/key?uploadId : joins the named parts into the object, in one commit. */
import type { CompletedPart } from '../../../object/store.ts';
import { uriEncode } from '../../../sigv4/uri.ts';
import { readDocument } from '../../body/document.ts';
import { s3Error } from '../../errors.ts';
import { quoteEtag, unquoteEtag } from '../../fields/object-headers.ts';
import { uploadPath } from '../../fields/query-fields.ts';
import type { Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { ObjectTarget } from '../../router/target.ts';
import { readXml, type XmlElement } from '../../xml/reader.ts';

const maxParts = 10_000;

export const completeMultipartUpload = {
  name: 'CompleteMultipartUpload',
  level: 'object',
  method: 'POST',
  when: { query: { uploadId: true } },
  action: 's3:PutObject',
  body: 'document',
  async handle(call) {
    const { target, store, body, signal } = call;
    const document = readXml(await readDocument(body), 'CompleteMultipartUpload');
    document.expectOnly('Part');
    const parts = document.all('Part').map(completedPart);
    if (parts.length === 0 || parts.length > maxParts)
      throw s3Error('MalformedXML', `1 to ${maxParts} parts are expected`);
    if (!parts.every(({ number }, at) => number > (parts[at - 1]?.number ?? 0))) throw s3Error('InvalidPartOrder');
    const { etag } = await store.completeUpload(uploadPath(call), parts, { signal });
    const location = `/${target.bucket}/${uriEncode(target.key, { keepSlash: true })}`;
    return xmlReply('CompleteMultipartUploadResult', {
      Location: location,
      Bucket: target.bucket,
      Key: target.key,
      ETag: quoteEtag(etag),
    });
  },
} as const satisfies Operation<ObjectTarget>;

function completedPart(part: XmlElement): CompletedPart {
  part.expectOnly('PartNumber', 'ETag');
  const number = part.textOf('PartNumber')?.trim() ?? '';
  const etag = part.textOf('ETag');
  if (!/^\d{1,5}$/.test(number) || etag === undefined) {
    throw s3Error('MalformedXML', 'A <Part> must hold a <PartNumber> and an <ETag>');
  }
  return { number: Number(number), etag: unquoteEtag(etag) };
}
