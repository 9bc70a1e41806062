/**
 * Why: one place knows which hashes name and check bytes. Names: BLAKE3 (10 GB/s a core natively, 0.8 in WASM) or
 * SHA-256 (2 GB/s); the algorithm byte is the multihash code. Chunks: CRC-32 (zlib's, 14 GB/s); headers and all that is
 * small: CRC32C (Castagnoli, RFC 3720 B.4). Native where the prebuilt package loads; elsewhere zlib has CRC-32, WASM
 * the others. Same vectors in the tests.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { createBLAKE3, createCRC32, type IHasher } from 'hash-wasm';
import { totalBytes } from './bytes.ts';

/** Multihash codes. Frozen: they are on disk. 0x80 and above are reserved for keyed variants. */
export const hashAlgorithms = { sha256: 0x12, blake3: 0x1e } as const;

/** What a block can be named by. */
export type NameHash = keyof typeof hashAlgorithms;

export const digestBytes = 32;

/** Of `bytes`, continued from `previous` (0 at the start). */
export type Crc = (bytes: Uint8Array, previous?: number) => number;

/** Short pieces are cheaper to join than a hash is to keep. */
const joinedBytes = 4096;

export function sha256(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = asOne(pieces);
  if (whole !== undefined) return new Uint8Array(hash('sha256', whole, 'buffer'));
  const hasher = createHash('sha256');
  for (const piece of pieces) hasher.update(piece);
  return new Uint8Array(hasher.digest());
}

function asOne(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  if (pieces.length === 1) return pieces[0];
  return totalBytes(pieces) <= joinedBytes ? Buffer.concat(pieces) : undefined;
}

/** BLAKE3 with 32 bytes, as `b3sum` prints it. */
export type Blake3 = (pieces: readonly Uint8Array[]) => Uint8Array;

/** Loads the native BLAKE3; undefined where no prebuilt binary fits this machine. */
export function nativeBlake3(): Blake3 | undefined {
  type Hasher = { update(bytes: Uint8Array): Hasher; digestBuffer(): Uint8Array };
  try {
    const { Blake3Hasher } = createRequire(import.meta.url)('@napi-rs/blake-hash') as {
      Blake3Hasher: new () => Hasher;
    };
    return (pieces) => {
      const hasher = new Blake3Hasher();
      for (const piece of pieces) hasher.update(piece);
      return new Uint8Array(hasher.digestBuffer());
    };
  } catch {
    return undefined; // an optional dependency: its absence is an expected case, the WASM form takes over
  }
}

/** The WASM form: slower, everywhere. */
export async function wasmBlake3(): Promise<Blake3> {
  const hasher = await createBLAKE3();
  return (pieces) => {
    hasher.init();
    for (const piece of pieces) hasher.update(piece);
    return hasher.digest('binary');
  };
}

const blake3Native = nativeBlake3();
/** Chosen once when the module loads. */
export const blake3: Blake3 = blake3Native ?? (await wasmBlake3());
export const blake3Engine: 'native' | 'WASM' = blake3Native === undefined ? 'WASM' : 'native';

/** The digest that names these bytes, given in pieces. */
export function nameDigest(by: NameHash, pieces: readonly Uint8Array[]): Uint8Array {
  return by === 'blake3' ? blake3(pieces) : sha256(...pieces);
}

/** The hash with this code; undefined where this program knows none. */
export function nameHashOf(algorithm: number): NameHash | undefined {
  return (Object.keys(hashAlgorithms) as NameHash[]).find((each) => hashAlgorithms[each] === algorithm);
}

/** An incremental hash; for MD5 ETags too. */
export function startHash(algorithm: 'sha256' | 'md5' | 'sha1'): Hash {
  return createHash(algorithm);
}

/** Loads the native CRCs; undefined where no prebuilt binary fits this machine. */
export function nativeCrcs(): { readonly crc32: Crc; readonly crc32c: Crc } | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32: Crc; crc32c: Crc };
    return {
      crc32: (bytes, previous = 0) => native.crc32(bytes, previous),
      crc32c: (bytes, previous = 0) => native.crc32c(bytes, previous),
    };
  } catch {
    return undefined; // an optional dependency: its absence is an expected case, zlib and the WASM form take over
  }
}

/** The WASM form: slower (2 GB/s), everywhere. One instance serves one caller at a time; calls here are synchronous. */
export async function wasmCrc32c(): Promise<Crc> {
  const hasher = await createCRC32(0x82f63b78);
  return (bytes, previous = 0) => continueCrc(hasher, bytes, previous);
}

function continueCrc(hasher: IHasher, bytes: Uint8Array, previous: number): number {
  hasher.init();
  if (previous !== 0) hasher.load(withState(hasher.save(), previous));
  hasher.update(bytes);
  return Number.parseInt(hasher.digest('hex'), 16);
}

/** hash-wasm saves a CRC as a 4-byte library tag and the little-endian checksum so far. */
function withState(saved: Uint8Array, previous: number): Uint8Array {
  const state = saved.slice();
  new DataView(state.buffer).setUint32(saved.byteLength - 4, previous, true);
  return state;
}

const crcsNative = nativeCrcs();
/** Castagnoli's. Chosen once when the module loads. */
export const crc32c: Crc = crcsNative?.crc32c ?? (await wasmCrc32c());
/** That of zlib, gzip and IEEE 802.3; zlib's own is half as fast (7 GB/s). Chosen once when the module loads. */
export const crc32: Crc = crcsNative?.crc32 ?? zlibCrc32;
