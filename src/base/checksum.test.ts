import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import {
  checksumBytes,
  checksumKinds,
  compositeChecksum,
  isJoinable,
  joinChecksums,
  startChecksum,
} from './checksum.ts';

async function checksum(kind: (typeof checksumKinds)[number], ...pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const hasher = await startChecksum(kind);
  for (const piece of pieces) hasher.update(piece);
  return new Uint8Array(hasher.digest());
}

/** The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180-4. */
test.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
] as const)('%s of 123456789', async (kind, expected) => {
  expect(hex(await checksum(kind, utf8('1234'), utf8('56789')))).toBe(expected);
  expect(checksumBytes[kind]).toBe(expected.length / 2);
});

describe.each(checksumKinds.filter(isJoinable))('%s', (kind) => {
  test('of all is joined from those of the pieces, empty ones and long ones included', async () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(70_001).fill(7)));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
        const checked = await Promise.all(
          pieces.map(async (bytes) => ({ digest: await checksum(kind, bytes), bytes: bytes.byteLength })),
        );
        expect(hex(joinChecksums(kind, checked))).toBe(hex(await checksum(kind, ...pieces)));
      }),
      { numRuns: 60 },
    );
  });
});

test('hashes are not joined, but hashed together', async () => {
  expect(() => joinChecksums('sha256', [])).toThrow('sha256 cannot be joined');
  const digests = [await checksum('sha256', utf8('a')), await checksum('sha256', utf8('b'))];
  expect(hex(await compositeChecksum('sha256', digests))).toBe(hex(await checksum('sha256', ...digests)));
});
