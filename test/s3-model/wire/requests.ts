/** Why: an operation as the request that asks for it; a listing is asked for page by page, in pages.ts. */
import type { Ask } from '../../support/s3-door.ts';
import type { HeaderList } from '../../support/s3-signer.ts';
import type { MadeValues } from '../answer.ts';
import { crc32Text } from '../model/content.ts';
import { namedParts } from '../model/multipart.ts';
import type { State, Tags } from '../model/state.ts';
import { contents } from '../names.ts';
import {
  type Condition,
  type Dress,
  type Kind,
  type Op,
  type Place,
  tagSets,
  type VersionPlace,
} from '../operations.ts';
import { element, escaped } from './xml.ts';

/** What an operation speaks of, as things stand before it. */
export type Before = { readonly state: State; readonly made: MadeValues };
type Query = Readonly<Record<string, string | undefined>>;
export type ListingKind = 'list' | 'listVersions' | 'listUploads' | 'listParts';

export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Queries are sorted for the signature. */
export function target({ bucket, key }: { readonly bucket: string; readonly key?: string }, query: Query = {}): string {
  const path = key === undefined ? `/${bucket}` : `/${bucket}/${key.split('/').map(encode).join('/')}`;
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encode(name)}=${encode(value)}`],
  );
  return pairs.length === 0 ? path : `${path}?${pairs.sort().join('&')}`;
}

function versionOf({ state, made }: Before, place: VersionPlace): string | undefined {
  const id = state.pickVersion(place, place.version);
  return id === undefined ? undefined : made.valueOf(id);
}

function conditionHeaders({ state, made }: Before, place: Place, condition: Condition, prefix = ''): HeaderList {
  const quoted = (pick: NonNullable<Condition['match']>) => {
    const etag = made.valueOf(state.pickEtag(place, pick));
    return etag === '*' ? etag : `"${etag}"`;
  };
  const { match, noneMatch } = condition;
  return [
    ...(match === undefined ? [] : [[`${prefix}if-match`, quoted(match)] as const]),
    ...(noneMatch === undefined ? [] : [[`${prefix}if-none-match`, quoted(noneMatch)] as const]),
  ];
}

function dressHeaders({ colour, type, tags }: Dress): HeaderList {
  return [
    ...(colour === undefined ? [] : [['x-amz-meta-colour', colour] as const]),
    ...(type === undefined ? [] : [['content-type', type] as const]),
    ...(tags === undefined ? [] : [['x-amz-tagging', tagQuery(tagSets[tags])] as const]),
  ];
}

function tagQuery(tags: Tags): string {
  return Object.entries(tags)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function checksumHeader(bytes: Uint8Array, checksum: 'right' | 'wrong' | undefined): HeaderList {
  if (checksum === undefined) return [];
  return [['x-amz-checksum-crc32', checksum === 'right' ? crc32Text(bytes) : 'AAAAAQ==']];
}

function sourceHeaders(before: Before, from: VersionPlace, source: Condition): HeaderList {
  const path = target(from, { versionId: versionOf(before, from) });
  return [['x-amz-copy-source', path], ...conditionHeaders(before, from, source, 'x-amz-copy-source-')];
}

/** One that never was has an id all the same. */
export function uploadTarget({ state, made }: Before, at: number, query: Query = {}): string {
  const upload = state.pickUpload(at);
  const place = upload ?? { bucket: 'alpha', key: 'a' };
  return target(place, { ...query, uploadId: upload === undefined ? '0'.repeat(16) : made.valueOf(upload.id) });
}

type Writers = { readonly [K in Exclude<Kind, ListingKind>]: (op: Op<K>, before: Before) => Ask };

const writers: Writers = {
  createBucket: (op) => ({ method: 'PUT', target: target(op) }),
  deleteBucket: (op) => ({ method: 'DELETE', target: target(op) }),
  putVersioning: ({ bucket, status }) => ({
    method: 'PUT',
    target: target({ bucket }, { versioning: '' }),
    body: element('VersioningConfiguration', element('Status', status)),
  }),
  getVersioning: ({ bucket }) => ({ method: 'GET', target: target({ bucket }, { versioning: '' }) }),
  put: (op, before) => {
    const body = contents[op.content];
    const headers = [
      ...conditionHeaders(before, op, op.condition),
      ...checksumHeader(body, op.checksum),
      ...dressHeaders(op.dress),
    ];
    return { method: 'PUT', target: target(op), body, headers };
  },
  get: (op, before) => ({
    method: op.method,
    target: target(op, { versionId: versionOf(before, op), partNumber: op.part?.toString() }),
    headers: [
      ...conditionHeaders(before, op, op.condition),
      ...(op.range === undefined ? [] : [['range', `bytes=${op.range.first ?? ''}-${op.range.last ?? ''}`] as const]),
      ...(op.showsChecksum ? [['x-amz-checksum-mode', 'ENABLED'] as const] : []),
    ],
  }),
  delete: (op, before) => ({
    method: 'DELETE',
    target: target(op, { versionId: versionOf(before, op) }),
    headers: op.version === undefined ? conditionHeaders(before, op, { match: op.match }) : [],
  }),
  deleteObjects: ({ bucket, objects, isQuiet }, before) => {
    const elements = objects.map(({ key, version }) => {
      const id = versionOf(before, { bucket, key, version });
      return element('Object', element('Key', escaped(key)) + (id === undefined ? '' : element('VersionId', id)));
    });
    const body = element('Delete', `${elements.join('')}${isQuiet ? element('Quiet', 'true') : ''}`);
    return { method: 'POST', target: target({ bucket }, { delete: '' }), body };
  },
  copy: (op, before) => ({
    method: 'PUT',
    target: target(op),
    headers: [
      ...sourceHeaders(before, op.from, op.source),
      ...conditionHeaders(before, op, op.condition),
      ...(op.headers === undefined ? [] : [['x-amz-metadata-directive', 'REPLACE'] as const]),
      ...dressHeaders({ colour: op.headers?.colour, type: op.headers?.type, tags: op.tags }),
      ...(op.tags === undefined ? [] : [['x-amz-tagging-directive', 'REPLACE'] as const]),
    ],
  }),
  createUpload: (op) => ({
    method: 'POST',
    target: target(op, { uploads: '' }),
    headers: [...dressHeaders(op.dress), ...(op.hasChecksum ? [['x-amz-checksum-algorithm', 'CRC32'] as const] : [])],
  }),
  putPart: (op, before) => {
    const body = contents[op.content];
    const query = { partNumber: String(op.number) };
    return {
      method: 'PUT',
      target: uploadTarget(before, op.upload, query),
      body,
      headers: checksumHeader(body, op.checksum),
    };
  },
  copyPart: (op, before) => ({
    method: 'PUT',
    target: uploadTarget(before, op.upload, { partNumber: String(op.number) }),
    headers: [
      ...sourceHeaders(before, op.from, op.source),
      ...(op.range === undefined
        ? []
        : [['x-amz-copy-source-range', `bytes=${op.range.first}-${op.range.last}`] as const]),
    ],
  }),
  complete: (op, before) => {
    const upload = before.state.pickUpload(op.upload);
    const parts = namedParts(upload, op.choice).map(({ number, etag, checksum }) => {
      const sum = checksum === undefined ? '' : element('ChecksumCRC32', checksum);
      return element('Part', element('PartNumber', String(number)) + element('ETag', before.made.valueOf(etag)) + sum);
    });
    const body = element('CompleteMultipartUpload', parts.join(''));
    const headers = conditionHeaders(before, upload ?? { bucket: 'alpha', key: 'a' }, op.condition);
    return { method: 'POST', target: uploadTarget(before, op.upload), body, headers };
  },
  abort: (op, before) => ({ method: 'DELETE', target: uploadTarget(before, op.upload) }),
  getTags: (op, before) => ({ method: 'GET', target: target(op, { tagging: '', versionId: versionOf(before, op) }) }),
  putTags: (op, before) => {
    const tags = Object.entries(tagSets[op.tags]).map(([name, value]) =>
      element('Tag', element('Key', escaped(name)) + element('Value', escaped(value))),
    );
    const body = element('Tagging', element('TagSet', tags.join('')));
    return { method: 'PUT', target: target(op, { tagging: '', versionId: versionOf(before, op) }), body };
  },
  deleteTags: (op, before) => ({
    method: 'DELETE',
    target: target(op, { tagging: '', versionId: versionOf(before, op) }),
  }),
};

export function requestOf(op: Exclude<Op, Op<ListingKind>>, before: Before): Ask {
  return (writers[op.kind] as (op: Op, before: Before) => Ask)(op, before);
}
