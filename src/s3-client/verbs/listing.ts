/**
 * Why: keys come page by page, percent-encoded so that XML can hold any of them.
 * Source: ListObjectsV2, Amazon S3 API reference.
 */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { fromUtf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { decodeQueryText } from '../../sigv4/uri.ts';
import type { S3Client, S3Listed, S3ListPage, S3ListQuery } from '../client.ts';
import type { Caller } from '../wire/caller.ts';
import { childrenOf, findText, textOf, type XmlNode } from '../wire/xml.ts';
import { unquoted } from './object-headers.ts';

export function listingVerbs(caller: Caller): Pick<S3Client, 'list'> {
  return { list: (bucket, query = {}, options = {}) => list(caller, bucket, query, options) };
}

async function* list(
  caller: Caller,
  bucket: string,
  query: S3ListQuery,
  options: CallOptions,
): AsyncGenerator<S3ListPage> {
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    throwIfAborted(options.signal);
    const root = await caller.document({ method: 'GET', bucket, query: queryOf(query, token) }, options);
    const text = textReader(root);
    yield {
      objects: childrenOf(root, 'Contents').map((node) => listed(node, text)),
      commonPrefixes: childrenOf(root, 'CommonPrefixes').map((node) => text(node, 'Prefix')),
    };
    token = nextToken(root, token);
  }
}

function queryOf({ prefix, delimiter, after, pageKeys }: S3ListQuery, token: string | undefined) {
  return {
    'list-type': '2',
    'encoding-type': 'url',
    prefix: prefix || undefined,
    delimiter: delimiter || undefined,
    'start-after': after || undefined,
    'max-keys': pageKeys === undefined ? undefined : String(pageKeys),
    'continuation-token': token,
  };
}

/** Undefined at the end. An endpoint that does not go on would be asked for ever. */
function nextToken(root: XmlNode, token: string | undefined): string | undefined {
  if (findText(root, 'IsTruncated') !== 'true') return undefined;
  const next = textOf(root, 'NextContinuationToken');
  if (next !== '' && next !== token) return next;
  throw new CopysetError('not_serving', 'the endpoint lists the same page again and again');
}

export type TextReader = (node: XmlNode, name: string) => string;

/** Reads text as the document says that it is encoded. */
export function textReader(root: XmlNode): TextReader {
  if (findText(root, 'EncodingType') !== 'url') return textOf;
  return (node, name) => {
    const bytes = decodeQueryText(textOf(node, name));
    const text = bytes && fromUtf8(bytes);
    if (text !== undefined) return text;
    throw new CopysetError('not_serving', `the endpoint lists a <${name}> that is no UTF-8`);
  };
}

function listed(node: XmlNode, text: TextReader): S3Listed {
  return {
    key: text(node, 'Key'),
    bytes: Number(textOf(node, 'Size')),
    etag: unquoted(findText(node, 'ETag')),
    modifiedAtMs: Date.parse(findText(node, 'LastModified') ?? '') || 0,
  };
}
