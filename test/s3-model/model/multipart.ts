/** Why: multipart uploads by userguide/mpuoverview.html and the API pages of their operations. */
import { type Answer, Made } from '../answer.ts';
import { contents, minPartBytes } from '../names.ts';
import type { Op } from '../operations.ts';
import { contentOf, joined } from './content.ts';
import { addVersion, checksumElements, dressOf, judgeWrite, nameOf, needBucket, versionHeader } from './objects.ts';
import { Refusal } from './refusal.ts';
import { isStored, type NamedPart, otherEtag, type Part, type State, type Upload } from './state.ts';

export function createUpload(state: State, op: Op<'createUpload'>): Answer {
  const home = needBucket(state, op.bucket);
  const id = new Made(`upload ${state.nextNumber()}`, /^[0-9a-f]{16}$/);
  const { bucket, key, hasChecksum } = op;
  state.uploads.push({ bucket, key, hasChecksum, id, home, ...dressOf(op.dress), parts: new Map(), state: 'open' });
  const announced = hasChecksum ? { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'COMPOSITE' } : {};
  return { status: 200, headers: announced, document: { bucket, key, id } };
}

/** One that never was is looked for in the first bucket. */
function needUpload(state: State, at: number): Upload {
  const upload = state.pickUpload(at);
  const bucket = needBucket(state, upload?.bucket ?? 'alpha');
  if (upload === undefined || upload.home !== bucket) throw new Refusal('NoSuchUpload');
  return upload;
}

export function needOpen(state: State, at: number): Upload {
  const upload = needUpload(state, at);
  if (upload.state !== 'open') throw new Refusal('NoSuchUpload');
  return upload;
}

export function putPart(state: State, op: Op<'putPart'>): Answer {
  const upload = needOpen(state, op.upload);
  if (op.checksum === 'wrong') throw new Refusal('BadDigest');
  const content = contentOf(contents[op.content], op.checksum === 'right');
  upload.parts.set(op.number, { number: op.number, content });
  const { etag, checksum } = content;
  return {
    status: 200,
    headers: { etag, ...(checksum === undefined ? {} : { 'x-amz-checksum-crc32': checksum.text }) },
  };
}

export function abort(state: State, op: Op<'abort'>): Answer {
  needOpen(state, op.upload).state = 'aborted';
  return { status: 204, headers: {} };
}

/** The parts that the completion names, as things stand. A completed upload names again what it named. */
export function namedParts(upload: Upload | undefined, choice: string): readonly NamedPart[] {
  const all = typeof upload?.state === 'object' ? upload.state.named : sortedParts(upload).map(nameOfPart);
  const [one, ...rest] = all;
  if (choice === 'reversed') return [...all].reverse();
  if (choice === 'absent') return [...all, { number: 9, etag: otherEtag, checksum: undefined }];
  if (one === undefined || choice === 'all') return all;
  if (choice === 'first') return [one];
  if (choice === 'wrong-etag') return [{ ...one, etag: otherEtag }, ...rest];
  return [{ ...one, checksum: 'AAAAAA==' }, ...rest];
}

function nameOfPart({ number, content: { etag, checksum } }: Part): NamedPart {
  return { number, etag, checksum: checksum?.text };
}

export function sortedParts(upload: Upload | undefined): Part[] {
  return [...(upload?.parts.values() ?? [])].sort((one, other) => one.number - other.number);
}

/** A completion that is repeated gets the same answer (API_CompleteMultipartUpload.html: it is idempotent). */
export function complete(state: State, op: Op<'complete'>): Answer {
  const named = namedParts(state.pickUpload(op.upload), op.choice);
  if (named.length === 0) throw new Refusal('MalformedXML');
  if (named.some(({ number }, at) => number <= (named[at - 1]?.number ?? 0))) throw new Refusal('InvalidPartOrder');
  const upload = needUpload(state, op.upload);
  if (upload.state === 'aborted') throw new Refusal('NoSuchUpload');
  if (typeof upload.state === 'object' && !isSame(named, upload.state.named)) throw new Refusal('NoSuchUpload');
  if (upload.state === 'open') finish(state, upload, { named, condition: op.condition });
  if (typeof upload.state !== 'object') throw new Error('it is finished');
  const { id, content } = upload.state.version;
  const { bucket, key } = upload;
  const document = { bucket, key, etag: content.etag, ...checksumElements(content.checksum) };
  return { status: 200, headers: versionHeader(upload.home, id), document };
}

function isSame(one: readonly NamedPart[], other: readonly NamedPart[]): boolean {
  const text = (parts: readonly NamedPart[]) =>
    JSON.stringify(parts.map(({ number, etag, checksum }) => [number, nameOf(etag), checksum]));
  return text(one) === text(other);
}

type Finish = { readonly named: readonly NamedPart[]; readonly condition: Op<'complete'>['condition'] };

function finish(state: State, upload: Upload, { named, condition }: Finish): void {
  judgeWrite(state, upload, condition);
  const parts = named.map((part) => chosen(upload, part));
  if (parts.slice(0, -1).some(({ content }) => content.bytes.byteLength < minPartBytes))
    throw new Refusal('EntityTooSmall');
  const content = joined(parts, upload.hasChecksum);
  const version = addVersion(state, upload, { content, headers: upload.headers, tags: upload.tags });
  if (isStored(version)) upload.state = { named, version };
}

function chosen(upload: Upload, { number, etag, checksum }: NamedPart): Part {
  const part = upload.parts.get(number);
  const isRight = checksum === undefined || checksum === part?.content.checksum?.text;
  if (part === undefined || nameOf(part.content.etag) !== nameOf(etag) || !isRight) throw new Refusal('InvalidPart');
  return part;
}
