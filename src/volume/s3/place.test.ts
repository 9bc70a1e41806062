import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BlockAddress, compareAddresses } from '../../base/block-address.ts';
import { nameOfDigest } from '../../base/block-name.ts';
import { hashAlgorithms } from '../../base/hash.ts';
import type { S3Client } from '../../s3-client/client.ts';
import { addressOfKey, blockObject, pathIn, placeText, placeVolume } from './place.ts';

const unused = {} as S3Client; // nothing here asks it anything
const place = placeVolume(unused, 'bucket', '/a/b/');

const addresses: fc.Arbitrary<BlockAddress> = fc.record({
  name: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => nameOfDigest(digest, hashAlgorithms.sha256)),
  classId: fc.integer({ min: 0, max: 65_535 }),
  fragment: fc.integer({ min: 0, max: 255 }),
});

function keyOf(address: BlockAddress): string {
  return pathIn(place, blockObject(address)).key;
}

test('the order of keys is the order of addresses, and each key tells its address', () => {
  fc.assert(
    fc.property(addresses, addresses, (left, right) => {
      const [leftKey, rightKey] = [keyOf(left), keyOf(right)];
      expect(addressOfKey(place, leftKey)).toEqual(left);
      expect(Math.sign(Buffer.from(leftKey).compare(Buffer.from(rightKey)))).toBe(
        Math.sign(compareAddresses(left, right)),
      );
    }),
  );
});

test('a key is as docs/formats/volume-s3.md tells it', () => {
  const digest = new Uint8Array(32).fill(0xff);
  const address = { name: nameOfDigest(digest, hashAlgorithms.sha256), classId: 3, fragment: 0 };
  expect(keyOf(address)).toBe(`a/b/blocks/3ff/${'f'.repeat(64)}12000300`);
});

test.each([
  '',
  'a/b/blocks/000/readme',
  'a/b/blocks/000/00',
  `a/b/blocks/000/${'f'.repeat(72)}`,
  `x/blocks/3ff/${'f'.repeat(72)}`,
])('%j is no block of the volume', (key) => {
  expect(addressOfKey(place, key)).toBeUndefined();
});

test('a prefix ends where a folder does', () => {
  expect(placeText(place)).toBe('s3://bucket/a/b/');
  expect(placeText(placeVolume(unused, 'bucket', ''))).toBe('s3://bucket/');
  expect(placeText(placeVolume(unused, 'bucket', '/'))).toBe('s3://bucket/');
  for (const folder of ['..', 'a/./b', 'x'.repeat(513)])
    expect(() => placeVolume(unused, 'bucket', folder)).toThrow('prefix');
});
