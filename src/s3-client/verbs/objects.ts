/**
 * Why: the verbs about one object. Sources: PutObject, GetObject, HeadObject, DeleteObject, CopyObject, S3 API
 * reference.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import { uriEncode } from '../../sigv4/uri.ts';
import type { S3Body, S3Client, S3ObjectHeaders, S3Path, S3PutOptions, S3Range, S3Reading } from '../client.ts';
import type { Answer } from '../wire/answer.ts';
import type { Call, Caller } from '../wire/caller.ts';
import { textOf } from '../wire/xml.ts';
import { headerPairs, objectInfo, unquoted } from './object-headers.ts';

type ObjectVerbs = Pick<S3Client, 'put' | 'get' | 'getBytes' | 'head' | 'delete' | 'copy' | 'presign'>;

export function objectVerbs(caller: Caller): ObjectVerbs {
  return {
    put: (path, body, options = {}) => put(caller, path, body, options),
    get: async (path, options = {}) => reading(await caller.open(getCall(path, options), options), options.range),
    getBytes: async (path, options) =>
      caller.call(getCall(path, options), (answer) => readWhole(answer, path, options), options),
    head: (path, options) => caller.call({ method: 'HEAD', ...placed(path) }, headInfo, options),
    delete: (path, options) => caller.do({ method: 'DELETE', ...placed(path) }, options),
    copy: (from, to, options = {}) => copy(caller, from, to, options),
    presign: (path, { method, expiresSeconds }) => caller.presign({ method, ...placed(path) }, expiresSeconds),
  };
}

/** `path` may be the caller's own object, with more in it. */
function placed({ bucket, key }: S3Path): S3Path {
  return { bucket, key };
}

async function put(caller: Caller, path: S3Path, body: S3Body, options: S3PutOptions): Promise<string> {
  const { headers, ifMatch, ifNoneMatch } = options;
  const conditions: HeaderPair[] = [];
  if (ifMatch !== undefined) conditions.push(['if-match', `"${ifMatch}"`]);
  if (ifNoneMatch !== undefined) conditions.push(['if-none-match', ifNoneMatch]);
  const call: Call = { method: 'PUT', ...placed(path), headers: [...headerPairs(headers), ...conditions], body };
  return caller.call(call, drawEtag, options);
}

export async function drawEtag(answer: Answer): Promise<string> {
  await answer.discard();
  return unquoted(answer.header('etag'));
}

async function headInfo(answer: Answer) {
  const info = objectInfo(answer);
  await answer.discard();
  return info;
}

type GetOptions = { readonly range?: S3Range; readonly ifMatch?: string };

function getCall(path: S3Path, { range, ifMatch }: GetOptions): Call {
  const headers: HeaderPair[] = [];
  if (range !== undefined) headers.push(['range', rangeText(range)]);
  if (ifMatch !== undefined) headers.push(['if-match', `"${ifMatch}"`]);
  return { method: 'GET', ...placed(path), headers };
}

function rangeText(range: S3Range): string {
  if ('lastBytes' in range) return `bytes=-${count(range.lastBytes, 1)}`;
  const { from, to } = range;
  return `bytes=${count(from, 0)}-${to === undefined ? '' : count(to, from + 1) - 1}`;
}

function count(value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new CopysetError('request.invalid', `a range must hold one byte at least; ${value} is not ${least} or more`);
}

async function reading(answer: Answer, range: S3Range | undefined): Promise<S3Reading> {
  const bytes = Number(answer.header('content-length') ?? Number.NaN);
  const from = firstByte(answer, range);
  if (from === undefined || !Number.isSafeInteger(bytes)) {
    answer.release();
    throw new CopysetError('unsupported', 'the endpoint does not say which bytes it sends');
  }
  return { info: objectInfo(answer), from, bytes, chunks: answer.chunks() };
}

/** Undefined when a range was asked for and something else came. */
function firstByte(answer: Answer, range: S3Range | undefined): number | undefined {
  if (range === undefined) return 0;
  const first = /^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1];
  return answer.status === 206 && first !== undefined ? Number(first) : undefined;
}

async function readWhole(
  answer: Answer,
  { bucket, key }: S3Path,
  { range, maxBytes }: { readonly range?: S3Range; readonly maxBytes: number },
): Promise<Uint8Array> {
  const { bytes } = await reading(answer, range);
  if (bytes <= maxBytes) return answer.bytes(maxBytes);
  throw new CopysetError('request.too_large', `${bucket}/${key}: ${bytes} bytes are more than ${maxBytes}`);
}

export function copySource({ bucket, key }: S3Path): HeaderPair {
  return ['x-amz-copy-source', `/${bucket}/${uriEncode(key, { keepSlash: true })}`];
}

async function copy(
  caller: Caller,
  from: S3Path,
  to: S3Path,
  options: CallOptions & { readonly headers?: S3ObjectHeaders },
): Promise<string> {
  const { headers } = options;
  const replacing: HeaderPair[] =
    headers === undefined ? [] : [['x-amz-metadata-directive', 'REPLACE'], ...headerPairs(headers)];
  const call: Call = { method: 'PUT', ...placed(to), headers: [copySource(from), ...replacing] };
  return unquoted(textOf(await caller.document(call, options), 'ETag'));
}
