/** Why: a response in the words of answer.ts: the headers that matter, the error's code, what the document says. */
import type { RawResponse } from '../../support/raw-http.ts';
import type { Answer, Tree } from '../answer.ts';
import { digestOf } from '../model/content.ts';
import type { Kind } from '../operations.ts';
import { insides, textOf } from './xml.ts';

const watched = [
  'allow',
  'content-range',
  'etag',
  'location',
  'x-amz-checksum-algorithm',
  'x-amz-checksum-crc32',
  'x-amz-checksum-type',
  'x-amz-copy-source-version-id',
  'x-amz-delete-marker',
  'x-amz-meta-colour',
  'x-amz-mp-parts-count',
  'x-amz-tagging-count',
  'x-amz-version-id',
];

const ofObjects = ['content-length', 'content-type'];

export function readAnswer(kind: Kind, response: RawResponse): Answer {
  const { status, body } = response;
  const code = textOf(body.toString(), 'Code');
  if (status >= 400) return { status, headers: headersOf(response, watched), code };
  const isObject = kind === 'get' && status < 300;
  const headers = headersOf(response, isObject ? [...watched, ...ofObjects] : watched);
  if (isObject) return { status, headers, body: digestOf(body) };
  const document = documents[kind]?.(body.toString());
  return document === undefined ? { status, headers } : { status, headers, document };
}

function headersOf({ headers }: RawResponse, names: readonly string[]): Readonly<Record<string, string>> {
  const told = names.flatMap((name) => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, name === 'etag' ? unquoted(value) : value]];
  });
  return Object.fromEntries(told);
}

/** What is not quoted is told as it came, and differs. */
export function unquoted(etag = 'none'): string {
  return /^"(.*)"$/.exec(etag)?.[1] ?? `without quotes: ${etag}`;
}

const documents: { readonly [K in Kind]?: (text: string) => Tree } = {
  getVersioning: (text) => textOf(text, 'Status'),
  deleteObjects: (text) => insides(text, 'Deleted|Error').map(deleted),
  copy: copied,
  copyPart: copied,
  createUpload: (text) => ({ bucket: textOf(text, 'Bucket'), key: textOf(text, 'Key'), id: textOf(text, 'UploadId') }),
  complete: (text) => ({ bucket: textOf(text, 'Bucket'), key: textOf(text, 'Key'), ...copied(text) }),
  getTags: (text) => Object.fromEntries(insides(text, 'Tag').map((tag) => [textOf(tag, 'Key'), textOf(tag, 'Value')])),
};

function deleted(text: string): Tree {
  const marker = textOf(text, 'DeleteMarkerVersionId');
  const told = { key: textOf(text, 'Key'), version: textOf(text, 'VersionId') };
  const code = textOf(text, 'Code');
  return { ...told, ...(marker === undefined ? {} : { marker }), ...(code === undefined ? {} : { code }) };
}

function copied(text: string): { readonly [name: string]: Tree } {
  return { etag: unquoted(textOf(text, 'ETag')), ...checksumIn(text) };
}

/** With its type where that is told. */
export function checksumIn(text: string): { readonly checksum?: string } {
  const [sum, type] = [textOf(text, 'ChecksumCRC32'), textOf(text, 'ChecksumType')];
  return sum === undefined ? {} : { checksum: type === undefined ? sum : `${sum} ${type}` };
}
