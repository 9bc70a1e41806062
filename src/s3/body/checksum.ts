/** Why: the five checksum kinds of S3 behind one small shape; each is verified, none is taken on trust. */
import { crc32 } from 'node:zlib';
import { createCRC64 } from 'hash-wasm';
import { unreachable } from '../../base/assert.ts';
import { crc32c, startHash } from '../../base/hash.ts';
import { strictBase64 } from '../base64.ts';
import { s3Error } from '../errors.ts';

/** Bytes of a digest of each kind. */
const digestBytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumKind = keyof typeof digestBytes;

export const checksumKinds = Object.keys(digestBytes) as readonly ChecksumKind[];

export type ChecksumHasher = { update(bytes: Uint8Array): void; digest(): Uint8Array };

const headerPrefix = 'x-amz-checksum-';

export function checksumHeader(kind: ChecksumKind): string {
  return headerPrefix + kind;
}

/** The kind that a header or trailer name speaks of, if it is one. */
export function checksumKindOf(name: string): ChecksumKind | undefined {
  const kind = name.slice(headerPrefix.length);
  return name.startsWith(headerPrefix) && Object.hasOwn(digestBytes, kind) ? (kind as ChecksumKind) : undefined;
}

export function parseChecksum(kind: ChecksumKind, value: string): Uint8Array {
  const digest = strictBase64(value, digestBytes[kind]);
  if (digest === undefined) throw s3Error('InvalidRequest', `Value for ${checksumHeader(kind)} is invalid`);
  return digest;
}

export async function startChecksum(kind: ChecksumKind): Promise<ChecksumHasher> {
  switch (kind) {
    case 'crc32':
      return runningCrc32(crc32);
    case 'crc32c':
      return runningCrc32(crc32c);
    case 'crc64nvme':
      return startCrc64();
    case 'sha1':
    case 'sha256':
      return startHash(kind);
    default:
      return unreachable(kind);
  }
}

function runningCrc32(next: (bytes: Uint8Array, previous: number) => number): ChecksumHasher {
  let crc = 0;
  const update = (bytes: Uint8Array) => {
    crc = next(bytes, crc);
  };
  return { update, digest: () => new Uint8Array([crc >>> 24, crc >>> 16, crc >>> 8, crc]) };
}

/** The polynomial of NVM Express, reflected. */
async function startCrc64(): Promise<ChecksumHasher> {
  const hasher = (await createCRC64('9a6c9329ac4bc9b5')).init();
  return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest('binary') };
}
