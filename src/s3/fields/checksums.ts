/**
 * Why: a checksum is asked for, told in headers and told in documents by names of its own in each place
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_Checksum.html); the names stand together here.
 */
import { type ChecksumKind, checksumBytes, isJoinable, type ObjectChecksum } from '../../base/checksum.ts';
import type { UploadChecksum } from '../../object/store.ts';
import { base64 } from '../base64.ts';
import { checksumHeader, checksumKindOf, parseChecksum } from '../body/checksum.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import type { XmlElement } from '../xml/reader.ts';
import type { XmlFields } from '../xml/writer.ts';

type ChecksumType = ObjectChecksum['type'];

const typeNames = { whole: 'FULL_OBJECT', composite: 'COMPOSITE' } as const satisfies Record<ChecksumType, string>;

export function checksumTypeName(type: ChecksumType): string {
  return typeNames[type];
}

/** As in `x-amz-checksum-algorithm` and `<ChecksumAlgorithm>`. */
export function algorithmName(kind: ChecksumKind): string {
  return kind.toUpperCase();
}

export const checksumElementNames: readonly string[] = Object.keys(checksumBytes).map((kind) =>
  elementName(kind as ChecksumKind),
);

function elementName(kind: ChecksumKind): string {
  return `Checksum${algorithmName(kind)}`;
}

/** The one of a part is told without its type. */
export function partChecksumHeaders(checksum: ObjectChecksum | undefined): Readonly<Record<string, string>> {
  return checksum === undefined ? {} : { [checksumHeader(checksum.kind)]: base64(checksum.digest) };
}

export function partChecksumElements(checksum: ObjectChecksum | undefined): XmlFields {
  return checksum === undefined ? {} : { [elementName(checksum.kind)]: base64(checksum.digest) };
}

type Checked = { readonly checksum: ObjectChecksum | undefined; readonly partBytes: readonly number[] };

export function checksumHeaders({ checksum, partBytes }: Checked): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    [checksumHeader(checksum.kind)]: checksumText(checksum, partBytes.length),
    'x-amz-checksum-type': checksumTypeName(checksum.type),
  };
}

export function checksumElements({ checksum, partBytes }: Checked): XmlFields {
  if (checksum === undefined) return {};
  return {
    [elementName(checksum.kind)]: checksumText(checksum, partBytes.length),
    ChecksumType: checksumTypeName(checksum.type),
  };
}

/** Without the count of parts, as the attributes of an object tell it. */
export function plainChecksumElements(checksum: ObjectChecksum): XmlFields {
  return { ...partChecksumElements(checksum), ChecksumType: checksumTypeName(checksum.type) };
}

/** A composite one tells of how many parts it is. */
function checksumText({ digest, type }: ObjectChecksum, parts: number): string {
  return type === 'composite' ? `${base64(digest)}-${parts}` : base64(digest);
}

export function uploadChecksumElements(checksum: UploadChecksum | undefined): XmlFields {
  if (checksum === undefined) return {};
  return { ChecksumAlgorithm: algorithmName(checksum.kind), ChecksumType: checksumTypeName(checksum.type) };
}

export function uploadChecksumHeaders(checksum: UploadChecksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    'x-amz-checksum-algorithm': algorithmName(checksum.kind),
    'x-amz-checksum-type': checksumTypeName(checksum.type),
  };
}

/** What a new upload announces (docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html). */
export function announcedChecksum(headers: HeaderFields): UploadChecksum | undefined {
  const kind = askedKind(headers);
  const asked = askedType(headers);
  if (kind === undefined) {
    if (asked === undefined) return undefined;
    throw s3Error('InvalidRequest', 'x-amz-checksum-type needs an x-amz-checksum-algorithm');
  }
  const type = asked ?? (kind === 'crc64nvme' ? 'whole' : 'composite');
  const isPossible = type === 'whole' ? isJoinable(kind) : kind !== 'crc64nvme';
  if (isPossible) return { kind, type };
  throw s3Error('InvalidRequest', `The ${typeNames[type]} checksum type cannot be used with ${algorithmName(kind)}`);
}

export function askedKind(headers: HeaderFields): ChecksumKind | undefined {
  const name = headers.get('x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const kind = checksumKindOf(checksumHeader(name.toLowerCase() as ChecksumKind));
  if (kind === undefined || algorithmName(kind) !== name) {
    const names = Object.keys(checksumBytes).map((each) => algorithmName(each as ChecksumKind));
    throw s3Error('InvalidRequest', `x-amz-checksum-algorithm must be one of ${names.join(', ')}`);
  }
  return kind;
}

export function askedType(headers: HeaderFields): ChecksumType | undefined {
  const name = headers.get('x-amz-checksum-type');
  if (name === undefined) return undefined;
  if (name === typeNames.whole) return 'whole';
  if (name === typeNames.composite) return 'composite';
  throw s3Error('InvalidRequest', 'x-amz-checksum-type must be COMPOSITE or FULL_OBJECT');
}

export type PromisedChecksum = { readonly kind: ChecksumKind; readonly digest: Uint8Array };

/** Of the whole object, in the head of a completion; a composite one may end in `-` and a count of parts. */
export function promisedObjectChecksum(headers: HeaderFields, parts: number): PromisedChecksum | undefined {
  const names = headers.names().filter((name) => checksumKindOf(name) !== undefined);
  const [name] = names;
  if (name === undefined) return undefined;
  if (names.length > 1) throw s3Error('InvalidRequest', `Only one checksum may be sent, not ${names.join(' and ')}`);
  const kind = checksumKindOf(name) as ChecksumKind;
  const [value = '', count] = headers.required(name).split('-');
  if (count !== undefined && count !== String(parts)) {
    throw s3Error('BadDigest', `The ${name} is of ${count} parts, but ${parts} are named`);
  }
  return { kind, digest: parseChecksum(kind, value) };
}

/** The checksum that an element names, if it names one. */
export function elementChecksum(element: XmlElement): Uint8Array | undefined {
  const found = (Object.keys(checksumBytes) as ChecksumKind[]).flatMap((kind) => {
    const text = element.textOf(elementName(kind));
    return text === undefined ? [] : [parseChecksum(kind, text.trim())];
  });
  if (found.length > 1) throw s3Error('InvalidRequest', `Only one checksum may be sent in <${element.name}>`);
  return found[0];
}
