/**
 * Why: copies by API_CopyObject.html and API_UploadPartCopy.html: a source that is not as wanted is never copied, and a
 * delete marker cannot be named as a source.
 */
import type { Answer } from '../answer.ts';
import type { Condition, Op, VersionPlace } from '../operations.ts';
import { tagSets } from '../operations.ts';
import { contentOf } from './content.ts';
import { needOpen } from './multipart.ts';
import { addVersion, checksumElements, find, judgeWrite, matches, needBucket, versionHeader } from './objects.ts';
import { Refusal } from './refusal.ts';
import type { Content, State, Stored } from './state.ts';

function findSource(state: State, from: VersionPlace, { match, noneMatch }: Condition): Stored {
  const source = sourceOf(state, from);
  if (match !== undefined && !matches(state.pickEtag(from, match), source)) throw new Refusal('PreconditionFailed');
  if (noneMatch !== undefined && matches(state.pickEtag(from, noneMatch), source))
    throw new Refusal('PreconditionFailed');
  return source;
}

function sourceOf(state: State, from: VersionPlace): Stored {
  try {
    return find(state, from);
  } catch (error) {
    if (error instanceof Refusal && error.answer.code === 'MethodNotAllowed') throw new Refusal('InvalidRequest');
    throw error;
  }
}

/** `x-amz-copy-source-version-id`. */
function sourceHeader(state: State, source: Stored, from: VersionPlace) {
  const told = versionHeader(needBucket(state, from.bucket), source.id)['x-amz-version-id'];
  return told === undefined ? {} : { 'x-amz-copy-source-version-id': told };
}

export function copy(state: State, op: Op<'copy'>): Answer {
  const isItself = op.from.bucket === op.bucket && op.from.key === op.key && op.from.version === undefined;
  if (isItself && op.headers === undefined && op.tags === undefined) throw new Refusal('InvalidRequest');
  const source = findSource(state, op.from, op.source);
  const bucket = needBucket(state, op.bucket);
  judgeWrite(state, op, op.condition);
  const sourceVersion = sourceHeader(state, source, op.from);
  const { content } = source;
  const headers = op.headers ?? source.headers;
  const tags = op.tags === undefined ? source.tags : tagSets[op.tags];
  const { id } = addVersion(state, op, { content, headers: { colour: headers.colour, type: headers.type }, tags });
  return {
    status: 200,
    headers: { ...versionHeader(bucket, id), ...sourceVersion },
    document: { etag: content.etag, ...checksumElements(content.checksum) },
  };
}

export function copyPart(state: State, op: Op<'copyPart'>): Answer {
  const { range } = op;
  if (range !== undefined && range.first > range.last) throw new Refusal('InvalidArgument');
  const source = findSource(state, op.from, op.source);
  const { bytes } = source.content;
  if (range !== undefined && range.last >= bytes.byteLength) throw new Refusal('InvalidArgument');
  const upload = needOpen(state, op.upload);
  const content = copiedContent(
    source.content,
    bytes.subarray(range?.first ?? 0, (range?.last ?? bytes.byteLength) + 1),
  );
  upload.parts.set(op.number, { number: op.number, content });
  const checksum = content.checksum === undefined ? {} : { checksum: content.checksum.text };
  return { status: 200, headers: sourceHeader(state, source, op.from), document: { etag: content.etag, ...checksum } };
}

/** All of an object takes its ETag and the checksum of its bytes along; one of checksums is none of the bytes. */
function copiedContent(source: Content, bytes: Uint8Array): Content {
  if (bytes.byteLength < source.bytes.byteLength) return contentOf(bytes, false);
  const checksum = source.checksum?.type === 'FULL_OBJECT' ? source.checksum : undefined;
  return { bytes, etag: source.etag, checksum, partBytes: [] };
}
