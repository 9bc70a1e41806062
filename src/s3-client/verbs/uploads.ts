/**
 * Why: the verbs of multipart uploads. Sources: CreateMultipartUpload, UploadPart, UploadPartCopy,
 * CompleteMultipartUpload, AbortMultipartUpload, ListParts, ListMultipartUploads, Amazon S3 API reference.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import type { S3Client, S3CompletedPart, S3ListedPart, S3Upload, S3UploadPath } from '../client.ts';
import type { Call, Caller } from '../wire/caller.ts';
import { childrenOf, escapeXml, findText, requestDocument, textOf, type XmlNode } from '../wire/xml.ts';
import { type TextReader, textReader } from './listing.ts';
import { headerPairs, unquoted } from './object-headers.ts';
import { copySource, drawEtag } from './objects.ts';

type UploadVerbs = Pick<
  S3Client,
  'createUpload' | 'uploadPart' | 'copyPart' | 'completeUpload' | 'abortUpload' | 'listParts' | 'listUploads'
>;

export function uploadVerbs(caller: Caller): UploadVerbs {
  return {
    createUpload: async ({ bucket, key }, options = {}) => {
      const call: Call = { method: 'POST', bucket, key, query: { uploads: '' }, headers: headerPairs(options.headers) };
      return textOf(await caller.document(call, options), 'UploadId');
    },
    uploadPart: (upload, number, body, options) =>
      caller.call({ ...partCall(upload, number), body }, drawEtag, options),
    copyPart: (upload, number, from, options) => copyPart(caller, partCall(upload, number), from, options),
    completeUpload: (upload, parts, options) => complete(caller, upload, parts, options),
    abortUpload: (upload, options) => caller.do(uploadCall('DELETE', upload), options),
    listParts: (upload, options = {}) => listParts(caller, upload, options),
    listUploads: (bucket, options = {}) => listUploads(caller, bucket, options),
  };
}

function uploadCall(method: Call['method'], { bucket, key, uploadId }: S3UploadPath): Call {
  return { method, bucket, key, query: { uploadId } };
}

function partCall({ bucket, key, uploadId }: S3UploadPath, number: number): Call {
  return { method: 'PUT', bucket, key, query: { partNumber: String(number), uploadId } };
}

type PartSource = Parameters<S3Client['copyPart']>[2];

async function copyPart(
  caller: Caller,
  call: Call,
  from: PartSource,
  options: CallOptions | undefined,
): Promise<string> {
  const { range } = from;
  const headers: HeaderPair[] = [copySource(from)];
  if (range !== undefined) headers.push(['x-amz-copy-source-range', `bytes=${range.from}-${range.to - 1}`]);
  return unquoted(textOf(await caller.document({ ...call, headers }, options), 'ETag'));
}

async function complete(
  caller: Caller,
  upload: S3UploadPath,
  parts: readonly S3CompletedPart[],
  options: CallOptions | undefined,
): Promise<string> {
  const elements = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(`"${etag}"`)}</ETag></Part>`,
  );
  const body = requestDocument('CompleteMultipartUpload', elements.join(''));
  const call: Call = { ...uploadCall('POST', upload), body };
  return unquoted(textOf(await caller.document(call, options), 'ETag'));
}

async function* listParts(
  caller: Caller,
  upload: S3UploadPath,
  options: CallOptions,
): AsyncGenerator<readonly S3ListedPart[]> {
  const first = uploadCall('GET', upload);
  for (let marker: string | undefined, isFirst = true; isFirst || marker !== undefined; isFirst = false) {
    const call: Call = { ...first, query: { ...first.query, 'part-number-marker': marker } };
    const root = await caller.document(call, options);
    yield childrenOf(root, 'Part').map(listedPart);
    marker = nextMarker(root, 'NextPartNumberMarker', marker);
  }
}

function listedPart(node: XmlNode): S3ListedPart {
  return {
    number: Number(textOf(node, 'PartNumber')),
    etag: unquoted(textOf(node, 'ETag')),
    bytes: Number(textOf(node, 'Size')),
    modifiedAtMs: Date.parse(findText(node, 'LastModified') ?? '') || 0,
  };
}

type Markers = { readonly key: string; readonly uploadId: string };

async function* listUploads(
  caller: Caller,
  bucket: string,
  { prefix, ...options }: CallOptions & { readonly prefix?: string },
): AsyncGenerator<readonly S3Upload[]> {
  for (let after: Markers | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const query = {
      uploads: '',
      'encoding-type': 'url',
      prefix: prefix || undefined,
      'key-marker': after?.key,
      'upload-id-marker': after?.uploadId,
    };
    const root = await caller.document({ method: 'GET', bucket, query }, options);
    const text = textReader(root);
    yield childrenOf(root, 'Upload').map((node) => listedUpload(node, text));
    const uploadId = nextMarker(root, 'NextUploadIdMarker', after?.uploadId);
    after = uploadId === undefined ? undefined : { key: text(root, 'NextKeyMarker'), uploadId };
  }
}

function listedUpload(node: XmlNode, text: TextReader): S3Upload {
  return {
    key: text(node, 'Key'),
    uploadId: textOf(node, 'UploadId'),
    startedAtMs: Date.parse(findText(node, 'Initiated') ?? '') || 0,
  };
}

/** Undefined at the end. */
function nextMarker(root: XmlNode, name: string, marker: string | undefined): string | undefined {
  if (findText(root, 'IsTruncated') !== 'true') return undefined;
  const next = textOf(root, name);
  if (next !== '' && next !== marker) return next;
  throw new CopysetError('not_serving', 'the endpoint lists the same page again and again');
}
