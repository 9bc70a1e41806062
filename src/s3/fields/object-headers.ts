/** Why: headers that belong to an object come back as they were sent; here both directions stand side by side. */
import { utf8 } from '../../base/bytes.ts';
import { decodeWords, encodeWords } from '../../base/encoded-words.ts';
import { remembered } from '../../base/remembered.ts';
import type { ObjectHeaders, ObjectInfo } from '../../object/store.ts';
import { s3Error } from '../errors.ts';
import { type HeaderFields, headerText, headerValue } from '../head.ts';
import { httpTime } from '../time.ts';
import { versionHeaders } from './versions.ts';

const metadataPrefix = 'x-amz-meta-';
const maxMetadataBytes = 2048;
const maxSystemHeaderBytes = 4096;

const systemHeaders = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentLanguage: 'content-language',
  expires: 'expires',
} as const;

const systemHeaderPairs = Object.entries(systemHeaders) as readonly (readonly [keyof typeof systemHeaders, string])[];

/** What of them an operation must declare to be allowed to take them. */
export const objectHeaderNames = [metadataPrefix] as const;

export function readObjectHeaders(headers: HeaderFields): ObjectHeaders {
  const system = systemHeaderPairs.map(([field, name]) => [field, systemHeader(headers, name)]);
  return { ...Object.fromEntries(system), metadata: readMetadata(headers) };
}

function systemHeader(headers: HeaderFields, name: string): string | undefined {
  const value = name === 'content-encoding' ? storedEncoding(headers) : headers.get(name);
  if (value === undefined) return undefined;
  if (value.length > maxSystemHeaderBytes) throw s3Error('InvalidArgument', `The header ${name} is too long`);
  return textOf(name, value);
}

/** `aws-chunked` describes how the body travelled, not the object. */
function storedEncoding(headers: HeaderFields): string | undefined {
  const codings = (headers.get('content-encoding') ?? '').split(',').map((coding) => coding.trim());
  const stored = codings.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked');
  return stored.length === 0 ? undefined : stored.join(',');
}

function readMetadata(headers: HeaderFields): Readonly<Record<string, string>> {
  const names = headers.names().filter((name) => name.startsWith(metadataPrefix));
  const metadata = names.map((name) => [
    name.slice(metadataPrefix.length),
    decodeWords(textOf(name, headers.all(name).join(','))),
  ]);
  const bytes = metadata.flat().reduce((sum, text) => sum + utf8(text as string).byteLength, 0);
  if (bytes > maxMetadataBytes) throw s3Error('MetadataTooLarge');
  return Object.fromEntries(metadata);
}

function textOf(name: string, value: string): string {
  const text = headerText(value);
  if (text === undefined) throw s3Error('InvalidArgument', `The header ${name} is not valid UTF-8`);
  return text;
}

/** What GET and HEAD say of an object besides its length, range and checksum. */
export const objectReplyHeaders = remembered((info: ObjectInfo): Readonly<Record<string, string>> => {
  return { ...validators(info), ...tagCount(info), 'accept-ranges': 'bytes', ...storedHeaders(info.headers) };
});

function tagCount({ tags }: ObjectInfo): Readonly<Record<string, string>> {
  const count = Object.keys(tags).length;
  return count === 0 ? {} : { 'x-amz-tagging-count': String(count) };
}

/** What of them goes without the object (RFC 9110, section 15.4.5). */
export function notModifiedHeaders(info: ObjectInfo): Readonly<Record<string, string>> {
  const { 'cache-control': cacheControl, expires } = storedHeaders(info.headers);
  return {
    ...validators(info),
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...(expires === undefined ? {} : { expires }),
  };
}

/** What identifies a version. */
function validators(info: ObjectInfo): Readonly<Record<string, string>> {
  return { etag: quoteEtag(info.etag), 'last-modified': httpTime(info.modifiedAtMs), ...versionHeaders(info) };
}

function storedHeaders(headers: ObjectHeaders): Readonly<Record<string, string>> {
  const reply: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [field, name] of systemHeaderPairs) {
    const text = headers[field];
    if (text !== undefined) reply[name] = headerValue(text);
  }
  for (const [name, text] of Object.entries(headers.metadata)) reply[metadataPrefix + name] = encodeWords(text);
  return reply;
}

export function quoteEtag(etag: string): string {
  return `"${etag}"`;
}

/** An ETag as clients send it, with or without quotes. */
export function unquoteEtag(text: string): string {
  return text.trim().replace(/^"(.*)"$/, '$1');
}
