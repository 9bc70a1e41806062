/**
 * Why: objects and their versions by the rules of userguide/Versioning.html, conditional-writes.html and the API pages
 * of PutObject, GetObject, DeleteObject, DeleteObjects and the three of tagging.
 */
import { type Answer, Made, type Tree } from '../answer.ts';
import { contents } from '../names.ts';
import {
  type Condition,
  type Dress,
  type Op,
  type Place,
  type RangePick,
  tagSets,
  type VersionPlace,
} from '../operations.ts';
import { contentOf, digestOf } from './content.ts';
import { Refusal } from './refusal.ts';
import {
  type Bucket,
  type Checksum,
  type Etag,
  isStored,
  type State,
  type Stored,
  type Version,
  type VersionId,
} from './state.ts';

type HeaderTree = Readonly<Record<string, Tree>>;

export function needBucket(state: State, name: string): Bucket {
  const bucket = state.bucket(name);
  if (bucket === undefined) throw new Refusal('NoSuchBucket');
  return bucket;
}

/** Told once the bucket ever had versions. */
export function versionHeader(bucket: Bucket, id: Made | string | undefined): HeaderTree {
  return bucket.status === undefined || id === undefined ? {} : { 'x-amz-version-id': id };
}

export function checksumHeaders(checksum: Checksum | undefined): HeaderTree {
  return checksum === undefined ? {} : { 'x-amz-checksum-crc32': checksum.text, 'x-amz-checksum-type': checksum.type };
}

/** As documents of answers tell it. */
export function checksumElements(checksum: Checksum | undefined): HeaderTree {
  return checksum === undefined ? {} : { checksum: `${checksum.text} ${checksum.type}` };
}

export function addVersion(state: State, place: Place, version: Omit<Version, 'id' | 'key'>): Version {
  const bucket = needBucket(state, place.bucket);
  const keeps = bucket.status === 'Enabled';
  const id: VersionId = keeps ? new Made(`version ${state.nextNumber()}`, /^[0-9a-f]{20}$/) : 'null';
  const added = { ...version, id, key: place.key };
  const kept = state.versionsOf(place).filter((each) => keeps || each.id !== 'null');
  bucket.versions.set(place.key, [added, ...kept]);
  state.remember(place, id);
  return added;
}

/** If-Match where there is nothing is 404; a delete marker is nothing. */
export function judgeWrite(state: State, place: Place, { match, noneMatch }: Condition): void {
  const current = state.current(place);
  if (match !== undefined && current === undefined) throw new Refusal('NoSuchKey');
  if (match !== undefined && !matches(state.pickEtag(place, match), current)) throw new Refusal('PreconditionFailed');
  if (noneMatch !== undefined && matches(state.pickEtag(place, noneMatch), current))
    throw new Refusal('PreconditionFailed');
}

/** Whether the ETag, as it is sent, is this version's. */
export function matches(etag: Etag, version: Stored | undefined): boolean {
  if (version === undefined) return false;
  return etag === '*' || nameOf(etag) === nameOf(version.content.etag);
}

export function nameOf(value: Made | string): string {
  return typeof value === 'string' ? value : value.name;
}

export function dressOf({ colour, type, tags }: Dress) {
  return { headers: { colour, type }, tags: tagSets[tags ?? 'none'] };
}

export function put(state: State, op: Op<'put'>): Answer {
  const bucket = needBucket(state, op.bucket);
  judgeWrite(state, op, op.condition);
  if (op.checksum === 'wrong') throw new Refusal('BadDigest');
  const content = contentOf(contents[op.content], op.checksum === 'right');
  const { id } = addVersion(state, op, { content, ...dressOf(op.dress) });
  return {
    status: 200,
    headers: { etag: content.etag, ...checksumHeaders(content.checksum), ...versionHeader(bucket, id) },
  };
}

/** The version that is meant. To meet a delete marker is told in the headers. */
export function find(state: State, place: VersionPlace): Stored {
  const bucket = needBucket(state, place.bucket);
  const found = findVersion(state, place);
  const isNamed = place.version !== undefined;
  if (found === undefined) throw new Refusal(isNamed ? 'NoSuchVersion' : 'NoSuchKey');
  if (isStored(found)) return found;
  const marker = { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, found.id) };
  throw isNamed ? new Refusal('MethodNotAllowed', { ...marker, allow: 'DELETE' }) : new Refusal('NoSuchKey', marker);
}

function findVersion(state: State, place: VersionPlace): Version | undefined {
  const versions = state.versionsOf(place);
  const id = state.pickVersion(place, place.version);
  if (id === undefined) return versions[0];
  if (id === 'x') throw new Refusal('InvalidArgument');
  return versions.find((version) => nameOf(version.id) === nameOf(id));
}

export function get(state: State, op: Op<'get'>): Answer {
  if (op.range !== undefined && op.part !== undefined) throw new Refusal('InvalidRequest');
  const version = find(state, op);
  const bucket = needBucket(state, op.bucket);
  const { etag, bytes, checksum, partBytes } = version.content;
  const identity = { etag, ...versionHeader(bucket, version.id) };
  const { match, noneMatch } = op.condition;
  if (match !== undefined && !matches(state.pickEtag(op, match), version)) throw new Refusal('PreconditionFailed');
  if (noneMatch !== undefined && matches(state.pickEtag(op, noneMatch), version))
    return { status: 304, headers: identity };
  const { from, to } = op.part === undefined ? rangeOf(op.range, bytes.byteLength) : partOf(op.part, version);
  const isPartial = (op.range !== undefined || op.part !== undefined) && from < to;
  const isWhole = from === 0 && to === bytes.byteLength;
  const tags = Object.keys(version.tags).length;
  const headers: HeaderTree = {
    ...identity,
    'content-length': String(to - from),
    'content-type': version.headers.type ?? 'binary/octet-stream',
    ...(version.headers.colour === undefined ? {} : { 'x-amz-meta-colour': version.headers.colour }),
    ...(tags === 0 ? {} : { 'x-amz-tagging-count': String(tags) }),
    ...(isPartial ? { 'content-range': `bytes ${from}-${to - 1}/${bytes.byteLength}` } : {}),
    ...(op.part !== undefined && partBytes.length > 0 ? { 'x-amz-mp-parts-count': String(partBytes.length) } : {}),
    ...(op.showsChecksum && isWhole ? checksumHeaders(checksum) : {}),
  };
  const sent = op.method === 'GET' ? bytes.subarray(from, to) : contents.empty;
  return { status: isPartial ? 206 : 200, headers, body: digestOf(sent) };
}

type Span = { readonly from: number; readonly to: number };

/** RFC 9110, section 14.1.2. */
export function rangeOf(range: RangePick | undefined, bytes: number): Span {
  if (range === undefined) return { from: 0, to: bytes };
  const isSuffix = range.first === undefined;
  const from = isSuffix ? Math.max(0, bytes - (range.last ?? 0)) : (range.first ?? 0);
  const to = isSuffix || range.last === undefined ? bytes : Math.min(bytes, range.last + 1);
  if (from >= to) throw new Refusal('InvalidRange');
  return { from, to };
}

function partOf(number: number, { content: { bytes, partBytes } }: Stored): Span {
  const sizes = partBytes.length === 0 ? [bytes.byteLength] : partBytes;
  const size = sizes[number - 1];
  if (size === undefined) throw new Refusal('InvalidPartNumber');
  const from = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0);
  return { from, to: from + size };
}

type Deleted = { readonly id: Made | string | undefined; readonly isMarker: boolean };

/** Without a version: a marker where versions are kept; with one it goes for ever, and success where there is none. */
function remove(state: State, place: VersionPlace): Deleted {
  const bucket = needBucket(state, place.bucket);
  if (place.version === undefined && bucket.status !== undefined) {
    const marker = addVersion(state, place, {
      content: undefined,
      headers: { colour: undefined, type: undefined },
      tags: {},
    });
    return { id: marker.id, isMarker: true };
  }
  const found = findVersion(state, place);
  const versions = state.versionsOf(place).filter((version) => version !== found);
  bucket.versions.set(place.key, versions);
  return { id: state.pickVersion(place, place.version), isMarker: found !== undefined && !isStored(found) };
}

export function deleteOne(state: State, op: Op<'delete'>): Answer {
  const bucket = needBucket(state, op.bucket);
  if (op.version === undefined) judgeWrite(state, op, { match: op.match });
  const { id, isMarker } = remove(state, op);
  return {
    status: 204,
    headers: { ...versionHeader(bucket, id), ...(isMarker ? { 'x-amz-delete-marker': 'true' } : {}) },
  };
}

export function deleteMany(state: State, op: Op<'deleteObjects'>): Answer {
  needBucket(state, op.bucket);
  const answers = op.objects.map(({ key, version }) => {
    const named = { key, version: state.pickVersion({ bucket: op.bucket, key }, version) };
    const { id, isMarker } = remove(state, { bucket: op.bucket, key, version });
    return { ...named, ...(isMarker ? { marker: id } : {}) };
  });
  return { status: 200, headers: {}, document: op.isQuiet ? [] : answers };
}

export function getTags(state: State, op: Op<'getTags'>): Answer {
  const version = find(state, op);
  const document = version.tags;
  return { status: 200, headers: versionHeader(needBucket(state, op.bucket), version.id), document };
}

export function setTags(state: State, op: Op<'putTags'> | Op<'deleteTags'>): Answer {
  const version = find(state, op);
  version.tags = tagSets[op.kind === 'putTags' ? op.tags : 'none'];
  return {
    status: op.kind === 'putTags' ? 200 : 204,
    headers: versionHeader(needBucket(state, op.bucket), version.id),
  };
}
