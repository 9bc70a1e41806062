/**
 * Why: the five checksum kinds of S3 behind one small shape, known to the catalog that keeps them and to the doors that
 * verify them. Those of parts give the one of the object: joined for CRCs, hashed together for the others
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
 */
import { createCRC64 } from 'hash-wasm';
import { unreachable } from './assert.ts';
import { CopysetError } from './errors.ts';
import { type Crc, crc32, crc32c, startHash } from './hash.ts';

/** Bytes of a digest of each kind. The order is frozen: it is on disk. */
export const checksumBytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type ChecksumKind = keyof typeof checksumBytes;

export const checksumKinds = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const satisfies ChecksumKind[];

/** `whole`: over all bytes. `composite`: over the checksums of the parts, which is as S3 does it for hashes. */
export const checksumTypes = ['whole', 'composite'] as const;

export type ObjectChecksum = {
  readonly kind: ChecksumKind;
  readonly type: (typeof checksumTypes)[number];
  readonly digest: Uint8Array;
};

export type ChecksumHasher = { update(bytes: Uint8Array): void; digest(): Uint8Array };

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

function runningCrc32(next: Crc): ChecksumHasher {
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

/** The checksum over the digests of the parts. */
export async function compositeChecksum(kind: ChecksumKind, digests: readonly Uint8Array[]): Promise<Uint8Array> {
  const hasher = await startChecksum(kind);
  for (const digest of digests) hasher.update(digest);
  return hasher.digest();
}

export type CheckedPiece = { readonly digest: Uint8Array; readonly bytes: number };

export function isJoinable(kind: ChecksumKind): boolean {
  return kind in reflectedPolynomials;
}

const reflectedPolynomials: Readonly<Partial<Record<ChecksumKind, bigint>>> = {
  crc32: 0xedb88320n,
  crc32c: 0x82f63b78n,
  crc64nvme: 0x9a6c9329ac4bc9b5n,
};

/**
 * The CRC of all pieces one after the other, from the CRC and the length of each: CRCs are linear, so the first one is
 * moved over the length of the second by powers of a matrix over GF(2) (the way of zlib's crc32_combine). Of joinable
 * kinds only.
 */
export function joinChecksums(kind: ChecksumKind, pieces: readonly CheckedPiece[]): Uint8Array {
  const polynomial = reflectedPolynomials[kind];
  if (polynomial === undefined) throw new CopysetError('bug', `${kind} cannot be joined`);
  const zeros = new ZeroShift(polynomial, checksumBytes[kind] * 8);
  const joined = pieces.reduce((crc, { digest, bytes }) => zeros.over(crc, bytes) ^ numberOf(digest), 0n);
  return Buffer.from(joined.toString(16).padStart(checksumBytes[kind] * 2, '0'), 'hex');
}

function numberOf(digest: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(digest).toString('hex')}`);
}

/** A column a bit: the matrix that moves a CRC over so many zero bytes, squared as often as the length has bits. */
class ZeroShift {
  readonly #powers: bigint[][];

  constructor(polynomial: bigint, bits: number) {
    const overOneBit = Array.from({ length: bits }, (_, bit) => (bit === 0 ? polynomial : 1n << BigInt(bit - 1)));
    this.#powers = [square(square(square(overOneBit)))];
  }

  over(crc: bigint, bytes: number): bigint {
    let moved = crc;
    for (let power = 0, left = bytes; left > 0; power += 1, left = Math.floor(left / 2)) {
      if (left % 2 === 1) moved = multiply(this.#power(power), moved);
    }
    return moved;
  }

  #power(power: number): readonly bigint[] {
    for (let next = this.#powers.length; next <= power; next++) this.#powers.push(square(this.#powers[next - 1] ?? []));
    return this.#powers[power] ?? [];
  }
}

function square(matrix: readonly bigint[]): bigint[] {
  return matrix.map((column) => multiply(matrix, column));
}

function multiply(matrix: readonly bigint[], vector: bigint): bigint {
  let sum = 0n;
  for (let bit = 0, left = vector; left > 0n; bit += 1, left >>= 1n) if (left & 1n) sum ^= matrix[bit] ?? 0n;
  return sum;
}
