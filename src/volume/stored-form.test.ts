import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameBlock } from '../base/block-name.ts';
import { concatBytes, equalBytes, hex, utf8 } from '../base/bytes.ts';
import { crc32c, type NameHash, nameDigest, sha256 } from '../base/hash.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import {
  chunkBytes,
  chunkSpan,
  chunksMatch,
  decodeHeader,
  encodeHeader,
  findDamage,
  sealBlock,
  sealNamed,
  storedBytesOf,
  storedHeaderBytes,
  toStoredForm,
} from './stored-form.ts';

const volumeId = '0123456789abcdef' as VolumeId;
const otherVolumeId = '0123456789abcdee' as VolumeId;

function store(payload: Uint8Array, hash: NameHash = 'blake3') {
  const block = sealBlock([payload], 3, hash);
  return {
    block,
    stored: concatBytes(...toStoredForm(block, volumeId)),
    expected: { address: block.address, volumeId },
  };
}

const sizes = [0, 1, 100, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes + 7];

describe('the stored form', () => {
  test.each([
    ['sha256', '0300', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad12'],
    ['blake3', '0400', '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d851e'],
  ] as const)('of "abc", named by %s, is these bytes, for ever', (hash, version, name) => {
    const { stored } = store(utf8('abc'), hash);
    const lengths = '0300000000000000 0300000000000000 00000100';
    const header = `43534231${version} 00 00 ${name} 0003 00 0123456789abcdef ${lengths}`;
    expect(hex(stored.subarray(0, 124))).toBe(header.replaceAll(' ', '').padEnd(248, '0'));
    expect(Buffer.from(stored).readUInt32LE(124)).toBe(crc32c(stored.subarray(0, 124)));
    expect(hex(stored.subarray(128, 135))).toBe('616263c2412435');
    expect(stored.subarray(135)).toEqual(
      sha256(stored.subarray(0, 128), nameDigest(hash, [utf8('abc')]), stored.subarray(131, 135)),
    );
    expect(stored.byteLength).toBe(167);
  });

  test.each(sizes)('of %d bytes is whole, and as long as foretold', (bytes) => {
    const { stored, expected } = store(seededRandom(bytes).bytes(bytes));
    expect(findDamage(stored, expected)).toBeUndefined();
    expect(stored.byteLength).toBe(storedBytesOf(bytes));
  });

  test('is the same however the payload is cut into pieces', () => {
    const payload = seededRandom(1).bytes(2 * chunkBytes + 500);
    fc.assert(
      fc.property(fc.array(fc.nat(payload.byteLength), { maxLength: 4 }), (cuts) => {
        const bounds = [0, ...cuts.sort((left, right) => left - right), payload.byteLength];
        const pieces = bounds.slice(1).map((to, at) => payload.subarray(bounds[at], to));
        const block = sealBlock(pieces, 3, 'blake3');
        expect(equalBytes(concatBytes(...toStoredForm(block, volumeId)), store(payload).stored)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('shows every flipped bit', () => {
    const { stored, expected } = store(seededRandom(2).bytes(300));
    for (let bit = 0; bit < stored.byteLength * 8; bit++) {
      const flipped = stored.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(findDamage(flipped, expected), `bit ${bit}`).toBeDefined();
    }
  });

  test('shows every lost or added byte', () => {
    const { stored, expected } = store(seededRandom(3).bytes(70));
    for (let bytes = 0; bytes < stored.byteLength; bytes++) {
      expect(findDamage(stored.subarray(0, bytes), expected)).toBeDefined();
    }
    expect(findDamage(concatBytes(stored, new Uint8Array(1)), expected)).toBeDefined();
  });

  test('shows a copy of another block, class, fragment or volume in its place', () => {
    const { stored, expected } = store(utf8('one'));
    const elsewhere = [
      { ...expected, volumeId: otherVolumeId },
      { ...expected, address: { ...expected.address, classId: 2 } },
      { ...expected, address: { ...expected.address, fragment: 1 } },
      { ...expected, address: { ...expected.address, name: nameBlock([utf8('two')], 'blake3') } },
    ];
    expect(elsewhere.map((place) => findDamage(stored, place))).toEqual([
      'it was written for another volume',
      'another block lies in its place',
      'another block lies in its place',
      'another block lies in its place',
    ]);
  });

  test('shows bytes that were stored under a name that is not theirs, with all checksums right', () => {
    const liar = sealNamed(sealBlock([utf8('true')], 3, 'blake3').address.name, [utf8('lies')], 3);
    const { address } = liar;
    expect(findDamage(concatBytes(...toStoredForm(liar, volumeId)), { address, volumeId })).toBe(
      'its bytes do not hash to its name',
    );
  });
});

describe('the header of the stored form', () => {
  /** A header with `bytes` at `at`, its checksum set right. */
  function headerWith(at: number, bytes: readonly number[]): Uint8Array {
    const header = Buffer.from(
      encodeHeader({ address: sealBlock([], 3, 'blake3').address, volumeId, payloadBytes: 0, checksum: 'crc32' }),
    );
    header.set(bytes, at);
    header.writeUInt32LE(crc32c(header.subarray(0, 124)), 124);
    return header;
  }

  test.each(['crc32c', 'crc32'] as const)('comes back as it was, chunks by %s', (checksum) => {
    const address = { ...sealBlock([], 3, 'blake3').address, fragment: 7 };
    const header = { address, volumeId, payloadBytes: 2 ** 40, checksum };
    expect(decodeHeader(encodeHeader(header))).toEqual(header);
  });

  test.each([
    ['a format', 4, [5, 0]],
    ['the format of another hash', 4, [3, 0]],
    ['the format of another hash and checksum', 4, [1, 0]],
    ['another hash', 40, [0x80]],
    ['no format', 4, [0, 0]],
    ['an encoding', 6, [1]],
    ['a key', 7, [4]],
    ['a chunk size', 68, [0, 0, 2, 0]],
  ])('with %s of a newer program is refused, not called damaged', (_, at, bytes) => {
    expect(() => decodeHeader(headerWith(at, bytes))).toThrow(
      expect.objectContaining({ code: 'format.unknown_version' }),
    );
  });

  test('is none when its magic is not', () => {
    expect(decodeHeader(headerWith(0, [0x44]))).toBeUndefined();
    expect(decodeHeader(new Uint8Array(storedHeaderBytes))).toBeUndefined();
    expect(decodeHeader(new Uint8Array(0))).toBeUndefined();
  });
});

describe('the chunks of a range', () => {
  const payload = seededRandom(4).bytes(3 * chunkBytes + 7);
  const { stored } = store(payload);
  const end = fc.nat(payload.byteLength);

  test('cover it, match their checksums, and are no more than needed', () => {
    fc.assert(
      fc.property(end, end, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const span = chunkSpan(payload.byteLength, from, to);
        const data = stored.subarray(span.data.from, span.data.to);
        expect(chunksMatch(data, stored.subarray(span.table.from, span.table.to), 'crc32')).toBe(true);
        expect(data.byteLength).toBeLessThan(to - from + 2 * chunkBytes);
        const start = from - span.firstChunk * chunkBytes;
        expect(equalBytes(data.subarray(start, start + to - from), payload.subarray(from, to))).toBe(true);
      }),
    );
  });

  test('do not match by another checksum, when one byte differs, or when one checksum is missing', () => {
    const span = chunkSpan(payload.byteLength, 0, payload.byteLength);
    const data = stored.slice(span.data.from, span.data.to);
    const table = stored.subarray(span.table.from, span.table.to);
    expect(chunksMatch(data, table, 'crc32c')).toBe(false);
    expect(chunksMatch(data, table.subarray(4), 'crc32')).toBe(false);
    data[chunkBytes] = (data[chunkBytes] as number) ^ 1;
    expect(chunksMatch(data, table, 'crc32')).toBe(false);
  });

  test.each([
    [-1, 1],
    [2, 1],
    [0, payload.byteLength + 1],
  ])('of [%d, %d) are a mistake of the caller', (from, to) => {
    expect(() => chunkSpan(payload.byteLength, from, to)).toThrow(expect.objectContaining({ code: 'bug' }));
  });
});
