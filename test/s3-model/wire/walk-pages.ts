/** Why: a listing is followed to its end by what the server itself says is next, as a client would. */
import type { RawResponse } from '../../support/raw-http.ts';
import type { Answer, Tree } from '../answer.ts';
import type { Op } from '../operations.ts';
import { checksumIn, readAnswer, unquoted } from './read-answer.ts';
import { type Before, type ListingKind, target, uploadTarget } from './requests.ts';
import type { Session } from './session.ts';
import { insides, textOf, textsOf } from './xml.ts';

export type Listing = Op<ListingKind>;
type Query = Readonly<Record<string, string | undefined>>;
/** The query of the first page, and of the one after this. */
type Follow = {
  readonly target: (query: Query) => string;
  readonly first: Query;
  readonly next: (page: string) => Query;
};

export function isListing(op: Op): op is Listing {
  return op.kind === 'list' || op.kind === 'listVersions' || op.kind === 'listUploads' || op.kind === 'listParts';
}

/** More pages than that are a listing that goes in circles. */
const mostPages = 200;

export async function walkPages(op: Listing, session: Session, before: Before): Promise<Answer> {
  const follow = followerOf(op, before);
  const pages: string[] = [];
  for (let query: Query | undefined = follow.first; query !== undefined; ) {
    const response: RawResponse = await session.ask({ method: 'GET', target: follow.target(query) });
    if (response.status !== 200) return readAnswer(op.kind, response);
    const text = response.body.toString();
    pages.push(text);
    if (pages.length > mostPages) throw new Error(`the listing has no end: ${text}`);
    query = textOf(text, 'IsTruncated') === 'true' ? { ...follow.first, ...follow.next(text) } : undefined;
  }
  return { status: 200, headers: {}, document: documentOf(op, pages, before) };
}

function followerOf(op: Listing, before: Before): Follow {
  if (op.kind === 'listParts') {
    const next = (page: string) => ({ 'part-number-marker': textOf(page, 'NextPartNumberMarker') });
    return {
      target: (query) => uploadTarget(before, op.upload, query),
      first: { 'max-parts': String(op.limit) },
      next,
    };
  }
  const { bucket, prefix, delimiter, url } = op;
  const common = { prefix, delimiter: delimiter || undefined, 'encoding-type': url ? 'url' : undefined };
  const to = (query: Query) => target({ bucket }, query);
  const told = (page: string, name: string) => nameIn(op, textOf(page, name));
  const after = op.after || undefined;
  if (op.kind === 'listVersions') {
    const first = { ...common, versions: '', 'max-keys': String(op.limit), 'key-marker': after };
    const next = (page: string) => ({
      'key-marker': told(page, 'NextKeyMarker'),
      'version-id-marker': textOf(page, 'NextVersionIdMarker'),
    });
    return { target: to, first, next };
  }
  if (op.kind === 'listUploads') {
    const first = { ...common, uploads: '', 'max-uploads': String(op.limit), 'key-marker': after };
    const next = (page: string) => ({
      'key-marker': told(page, 'NextKeyMarker'),
      'upload-id-marker': textOf(page, 'NextUploadIdMarker'),
    });
    return { target: to, first, next };
  }
  if (op.form === 2) {
    const first = { ...common, 'list-type': '2', 'max-keys': String(op.limit), 'start-after': after };
    return { target: to, first, next: (page) => ({ 'continuation-token': textOf(page, 'NextContinuationToken') }) };
  }
  const next = (page: string) => ({ marker: told(page, 'NextMarker') ?? nameIn(op, textsOf(page, 'Key').at(-1)) });
  return { target: to, first: { ...common, 'max-keys': String(op.limit), marker: after }, next };
}

function nameIn({ url }: { readonly url: boolean }, name: string | undefined): string | undefined {
  return url && name !== undefined ? decodeURIComponent(name) : name;
}

function documentOf(op: Listing, pages: readonly string[], before: Before): Tree {
  switch (op.kind) {
    case 'list': {
      const shown = pages.map((page) => objectPage(op, page));
      return op.form === 1 ? shown : [shown, pages.map((page) => Number(textOf(page, 'KeyCount')))];
    }
    case 'listVersions':
      return pages.map((page) => versionPage(op, page));
    case 'listUploads':
      return uploadPages(op, pages, before);
    case 'listParts':
      return partPages(pages);
  }
}

function prefixesIn(op: { readonly url: boolean }, page: string): Tree {
  return insides(page, 'CommonPrefixes').map((each) => nameIn(op, textOf(each, 'Prefix')));
}

function isTruncated(page: string): boolean {
  return textOf(page, 'IsTruncated') === 'true';
}

function entry(op: { readonly url: boolean }, text: string): { readonly [name: string]: Tree } {
  const algorithm = textOf(text, 'ChecksumAlgorithm');
  return {
    key: nameIn(op, textOf(text, 'Key')),
    etag: unquoted(textOf(text, 'ETag')),
    bytes: Number(textOf(text, 'Size')),
    ...(algorithm === undefined ? {} : { checksum: `${algorithm} ${textOf(text, 'ChecksumType')}` }),
  };
}

function objectPage(op: Op<'list'>, page: string): Tree {
  const marker = op.form === 1 && op.delimiter !== '' ? nameIn(op, textOf(page, 'NextMarker')) : 'told';
  return {
    items: insides(page, 'Contents').map((text) => entry(op, text)),
    prefixes: prefixesIn(op, page),
    isTruncated: isTruncated(page),
    ...(isTruncated(page) ? { next: marker } : {}),
  };
}

function versionPage(op: Op<'listVersions'>, page: string): Tree {
  const found = [...page.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, kind, text = '']) => {
    const told = { id: textOf(text, 'VersionId'), isLatest: textOf(text, 'IsLatest') === 'true' };
    if (kind === 'Version') return { ...entry(op, text), ...told, isMarker: false };
    return { key: nameIn(op, textOf(text, 'Key')), ...told, isMarker: true };
  });
  const next = [nameIn(op, textOf(page, 'NextKeyMarker')), textOf(page, 'NextVersionIdMarker')];
  return {
    items: found,
    prefixes: prefixesIn(op, page),
    isTruncated: isTruncated(page),
    ...(isTruncated(page) ? { next: next.filter((each) => each !== undefined) } : {}),
  };
}

/** Of one key in the order in which they began, which the server does not tell. */
function uploadPages(op: Op<'listUploads'>, pages: readonly string[], { state, made }: Before): Tree {
  const began = (id: string | undefined) =>
    state.uploads.findIndex((upload) => upload.id.name === made.nameOf(id ?? ''));
  const found = pages
    .flatMap((page) => insides(page, 'Upload'))
    .map((text) => ({
      key: nameIn(op, textOf(text, 'Key')),
      id: textOf(text, 'UploadId'),
      hasChecksum: textOf(text, 'ChecksumAlgorithm') === 'CRC32',
    }));
  const uploads = found
    .map((upload, at) => ({ upload, run: found.findIndex(({ key }, from) => from <= at && key === upload.key) }))
    .sort((one, other) => one.run - other.run || began(one.upload.id) - began(other.upload.id))
    .map(({ upload }) => upload);
  const shapes = pages.map((page) => ({
    count: insides(page, 'Upload').length,
    prefixes: prefixesIn(op, page),
    isTruncated: isTruncated(page),
  }));
  return { uploads, shapes };
}

function partPages(pages: readonly string[]): Tree {
  const [first = ''] = pages;
  const algorithm = textOf(first, 'ChecksumAlgorithm');
  const parts = pages
    .flatMap((page) => insides(page, 'Part'))
    .map((text) => ({
      number: Number(textOf(text, 'PartNumber')),
      etag: unquoted(textOf(text, 'ETag')),
      bytes: Number(textOf(text, 'Size')),
      ...checksumIn(text),
    }));
  const announced = algorithm === undefined ? undefined : `${algorithm} ${textOf(first, 'ChecksumType')}`;
  return { key: textOf(first, 'Key'), announced, parts, pages: pages.length };
}
