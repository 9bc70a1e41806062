/** Why: how the checksum kinds are called in headers and trailers, and how their values are written there. */
import { type ChecksumKind, checksumBytes } from '../../base/checksum.ts';
import { strictBase64 } from '../base64.ts';
import { s3Error } from '../errors.ts';
import { HeaderFields } from '../head.ts';

const headerPrefix = 'x-amz-checksum-';

export function checksumHeader(kind: ChecksumKind): string {
  return headerPrefix + kind;
}

/** The kind that a header or trailer name speaks of, if it is one. */
export function checksumKindOf(name: string): ChecksumKind | undefined {
  const kind = name.slice(headerPrefix.length);
  return name.startsWith(headerPrefix) && Object.hasOwn(checksumBytes, kind) ? (kind as ChecksumKind) : undefined;
}

export function parseChecksum(kind: ChecksumKind, value: string): Uint8Array {
  const digest = strictBase64(value, checksumBytes[kind]);
  if (digest === undefined) throw s3Error('InvalidRequest', `Value for ${checksumHeader(kind)} is invalid`);
  return digest;
}

/** The headers without those that tell a checksum. */
export function withoutChecksums(headers: HeaderFields): HeaderFields {
  const others = headers.names().filter((name) => checksumKindOf(name) === undefined);
  return new HeaderFields(others.flatMap((name) => headers.all(name).flatMap((value) => [name, value])));
}
