import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, hex, utf8 } from './bytes.ts';
import {
  type Blake3,
  blake3,
  type Crc,
  crc32,
  crc32c,
  nameHashOf,
  nativeBlake3,
  nativeCrcs,
  sha256,
  startHash,
  wasmBlake3,
  wasmCrc32c,
} from './hash.ts';

const ascending = Uint8Array.from({ length: 32 }, (_, at) => at);

const ofNothing = ['nothing', new Uint8Array(0), 0] as const;

/** RFC 3720 B.4, and the check value of the CRC catalogue. */
const crc32cVectors: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', ascending, 0x46dd794e],
  ['31 to 0', ascending.toReversed(), 0x113fdb5c],
  ['"123456789"', utf8('123456789'), 0xe3069283],
  ofNothing,
];

/** As Python's zlib.crc32 gives them, and the check value of the CRC catalogue. */
const crc32Vectors: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 zeros', new Uint8Array(32), 0x190a55ad],
  ['32 ones', new Uint8Array(32).fill(0xff), 0xff6cab0b],
  ['0 to 31', ascending, 0x91267e8a],
  ['31 to 0', ascending.toReversed(), 0x9ab0ef72],
  ['"123456789"', utf8('123456789'), 0xcbf43926],
  ofNothing,
];

const wasm = await wasmCrc32c();
const native = nativeCrcs();

describe.each(
  [
    { kind: 'CRC32C, chosen', crc: crc32c, slow: wasm, vectors: crc32cVectors },
    { kind: 'CRC32C, WASM', crc: wasm, slow: wasm, vectors: crc32cVectors },
    { kind: 'CRC32C, native', crc: native?.crc32c, slow: wasm, vectors: crc32cVectors },
    { kind: 'CRC-32, chosen', crc: crc32, slow: zlibCrc32, vectors: crc32Vectors },
    { kind: 'CRC-32, of zlib', crc: zlibCrc32, slow: zlibCrc32, vectors: crc32Vectors },
    { kind: 'CRC-32, native', crc: native?.crc32, slow: zlibCrc32, vectors: crc32Vectors },
  ].filter(isHere),
)('$kind', ({ crc, slow, vectors }) => {
  test.each(vectors)('of %s', (_name, bytes, expected) => {
    expect(crc(bytes)).toBe(expected);
  });

  test('goes on from what came before, and agrees with the other forms', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const inPieces = pieces.reduce((sum, piece) => crc(piece, sum), 0);
        expect(inPieces).toBe(slow(concatBytes(...pieces)));
      }),
    );
  });

  test('sees every flipped bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, bit) => {
        const flipped = bytes.slice();
        const at = (bit >> 3) % bytes.length;
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
        expect(crc(flipped)).not.toBe(crc(bytes));
      }),
    );
  });
});

/** No native one where no prebuilt binary fits. */
function isHere<T extends { readonly crc: Crc | undefined }>(form: T): form is T & { readonly crc: Crc } {
  return form.crc !== undefined;
}

/** Of the official test vectors: the input counts 0 to 250 again and again. */
const blake3Vectors: readonly (readonly [number, string])[] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [102400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
];

const slowBlake3 = await wasmBlake3();
const blake3Forms: [string, Blake3][] = [
  ['chosen', blake3],
  ['WASM', slowBlake3],
];
const fast = nativeBlake3();
if (fast !== undefined) blake3Forms.push(['native', fast]);

describe.each(blake3Forms)('BLAKE3, %s', (_, digest) => {
  test.each(blake3Vectors)('of %d bytes', (bytes, expected) => {
    expect(hex(digest([Uint8Array.from({ length: bytes }, (_byte, at) => at % 251)]))).toBe(expected);
  });

  test('is the same however the bytes are cut, and in the other form', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        expect(hex(digest(pieces))).toBe(hex(slowBlake3([concatBytes(...pieces)])));
      }),
    );
  });
});

test('a hash is known by its multihash code, or not at all', () => {
  expect([0x12, 0x1e, 0x80].map(nameHashOf)).toEqual(['sha256', 'blake3', undefined]);
});

test('SHA-256 in pieces is that of the whole', () => {
  expect(hex(sha256(utf8('a'), utf8('bc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('MD5 for ETags', () => {
  expect(startHash('md5').update('abc').digest('hex')).toBe('900150983cd24fb0d6963f7d28e17f72');
});
