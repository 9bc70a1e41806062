/** Why: what is in a bucket, page after page, to the last one, by the API pages of the listings. */
import type { Answer, Tree } from '../answer.ts';
import type { Op } from '../operations.ts';
import { needOpen, sortedParts } from './multipart.ts';
import { needBucket } from './objects.ts';
import { type Page, pagesOf } from './pages.ts';
import { isStored, type State, type Version } from './state.ts';

function document<T>(pages: readonly Page<T>[], show: (item: T) => Tree, next: (page: Page<T>) => Tree): Tree {
  return pages.map((page) => {
    const { items, prefixes, last } = page;
    return {
      items: items.map(show),
      prefixes,
      isTruncated: last !== undefined,
      ...(last === undefined ? {} : { next: next(page) }),
    };
  });
}

export function list(state: State, op: Op<'list'>): Answer {
  const { versions } = needBucket(state, op.bucket);
  const current = [...versions.values()].flatMap(([newest]) => (newest && isStored(newest) ? [newest] : []));
  const pages = pagesOf(current, op);
  const counted = pages.map(({ items, prefixes }) => items.length + prefixes.length);
  // the token of the second form is the server's own; the first form tells a marker only with a delimiter
  const next = ({ last }: Page<Version>) => (op.form === 1 && op.delimiter !== '' && last ? keyOf(last) : 'told');
  const told = { status: 200, headers: {}, document: document(pages, objectEntry, next) };
  return op.form === 1 ? told : { ...told, document: [told.document, counted] };
}

function keyOf(last: string | { readonly key: string }): string {
  return typeof last === 'string' ? last : last.key;
}

function objectEntry({ key, content }: Version): { readonly [name: string]: Tree } {
  if (content === undefined) return { key };
  const { etag, bytes, checksum } = content;
  const algorithm = checksum === undefined ? {} : { checksum: `CRC32 ${checksum.type}` };
  return { key, etag, bytes: bytes.byteLength, ...algorithm };
}

export function listVersions(state: State, op: Op<'listVersions'>): Answer {
  const { versions } = needBucket(state, op.bucket);
  const all = [...versions.values()].flatMap((each) => each.map((version, at) => ({ ...version, isLatest: at === 0 })));
  const next = ({ last }: Page<Version>) => {
    if (last === undefined) return undefined;
    return typeof last === 'string' ? [last] : [last.key, last.id];
  };
  const show = (version: Version & { readonly isLatest: boolean }) => {
    const { id, isLatest } = version;
    return { ...objectEntry(version), id, isLatest, isMarker: !isStored(version) };
  };
  return { status: 200, headers: {}, document: document(pagesOf(all, op), show, next) };
}

/** Of one key in the order in which they began; see read-answer.ts. */
export function listUploads(state: State, op: Op<'listUploads'>): Answer {
  const home = needBucket(state, op.bucket);
  const open = state.uploads.filter((upload) => upload.home === home && upload.state === 'open');
  const pages = pagesOf(open, op);
  const uploads = pages.flatMap(({ items }) => items.map(({ key, id, hasChecksum }) => ({ key, id, hasChecksum })));
  const shapes = pages.map(({ items, prefixes, last }) => ({
    count: items.length,
    prefixes,
    isTruncated: last !== undefined,
  }));
  return { status: 200, headers: {}, document: { uploads, shapes } };
}

export function listParts(state: State, op: Op<'listParts'>): Answer {
  const upload = needOpen(state, op.upload);
  const parts = sortedParts(upload).map(({ number, content: { etag, bytes, checksum } }) => {
    return { number, etag, bytes: bytes.byteLength, ...(checksum === undefined ? {} : { checksum: checksum.text }) };
  });
  const pages = Math.max(1, Math.ceil(parts.length / op.limit));
  const announced = upload.hasChecksum ? 'CRC32 COMPOSITE' : undefined;
  return { status: 200, headers: {}, document: { key: upload.key, announced, parts, pages } };
}
