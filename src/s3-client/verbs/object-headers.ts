/** Why: what is told of an object travels in headers, both ways; here they stand side by side. */
import { decodeWords, encodeWords } from '../../base/encoded-words.ts';
import { CopysetError } from '../../base/errors.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import type { S3ObjectHeaders, S3ObjectInfo } from '../client.ts';
import type { Answer } from '../wire/answer.ts';

const metadataPrefix = 'x-amz-meta-';
const named = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  cacheControl: 'cache-control',
} as const;

/** Text goes as its UTF-8 bytes, one character each; metadata beyond ASCII as an encoded word, as S3 wants it. */
export function headerPairs(headers: S3ObjectHeaders = {}): HeaderPair[] {
  const pairs = Object.entries(named).map(([field, name]) => [name, headers[field as keyof typeof named]] as const);
  const metadata = Object.entries(headers.metadata ?? {}).map(([name, text]) => [metadataPrefix + name, text] as const);
  return [...pairs, ...metadata]
    .filter((pair): pair is HeaderPair => pair[1] !== undefined)
    .map(([name, text]) => [name, headerValue(name, text)]);
}

function headerValue(name: string, text: string): string {
  if (/\p{Cc}/u.test(text) || !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) {
    throw new CopysetError('request.invalid', `the header ${name} holds what no header can`);
  }
  return name.startsWith(metadataPrefix) ? encodeWords(text) : Buffer.from(text, 'utf8').toString('latin1');
}

/** Of the whole object, also where a range came. */
export function objectInfo(answer: Answer): S3ObjectInfo {
  const whole = /\/(\d+)$/.exec(answer.header('content-range') ?? '')?.[1];
  return {
    bytes: Number(whole ?? answer.header('content-length') ?? 0),
    etag: unquoted(answer.header('etag')),
    modifiedAtMs: Date.parse(answer.header('last-modified') ?? '') || 0,
    headers: headersOf(answer),
  };
}

function headersOf(answer: Answer): S3ObjectHeaders {
  const found = Object.entries(named).map(([field, name]) => [field, headerText(answer.header(name))]);
  const metadata = Object.keys(answer.headers)
    .filter((name) => name.startsWith(metadataPrefix))
    .map((name) => [name.slice(metadataPrefix.length), decodeWords(headerText(answer.header(name)) ?? '')]);
  return {
    ...Object.fromEntries(found.filter(([, text]) => text !== undefined)),
    metadata: Object.fromEntries(metadata),
  };
}

function headerText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'latin1').toString('utf8');
}

export function unquoted(etag: string | undefined): string {
  return (etag ?? '').trim().replace(/^"(.*)"$/, '$1');
}
