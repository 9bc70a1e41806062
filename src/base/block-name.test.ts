import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeBlockName,
  digestOf,
  encodeBlockName,
  nameBlock,
  nameHash,
  nameOfDigest,
  parseBlockName,
  partitionCount,
  partitionOf,
} from './block-name.ts';
import { compareBytes, utf8 } from './bytes.ts';

const name = fc.uint8Array({ maxLength: 100 }).map((bytes) => nameBlock([bytes], 'sha256'));

test('the name of "abc" is its SHA-256 and the algorithm byte 0x12', () => {
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(nameBlock([utf8('abc')], 'sha256')).toBe(`${digest}12`);
  expect(digestOf(nameBlock([utf8('a'), utf8('bc')], 'sha256'))).toBe(digest);
});

test('a name tells the hash that made it', () => {
  expect(nameHash(nameBlock([utf8('abc')], 'sha256'))).toBe('sha256');
  expect(nameHash(nameBlock([utf8('abc')], 'blake3'))).toBe('blake3');
  expect(nameHash(nameOfDigest(new Uint8Array(32), 0x80))).toBeUndefined();
});

test('the name is that of sha256sum, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (pieces) => {
      const expected = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
      expect(digestOf(nameBlock(pieces, 'sha256'))).toBe(expected);
    }),
  );
});

test('names survive their encoding, and text order is byte order', () => {
  fc.assert(
    fc.property(name, name, (left, right) => {
      expect(decodeBlockName(encodeBlockName(left))).toBe(left);
      const byText = left < right ? -1 : left > right ? 1 : 0;
      expect(Math.sign(compareBytes(encodeBlockName(left), encodeBlockName(right)))).toBe(byText);
    }),
  );
});

test('the partition is the first ten bits, so that name order is partition order', () => {
  fc.assert(
    fc.property(name, name, (left, right) => {
      const [high = 0, low = 0] = encodeBlockName(left);
      expect(partitionOf(left)).toBe((high << 2) | (low >> 6));
      expect(partitionOf(left)).toBeLessThan(partitionCount);
      if (left < right) expect(partitionOf(left)).toBeLessThanOrEqual(partitionOf(right));
    }),
  );
});

test('only 66 lower-case hex digits are a name', () => {
  const text: string = nameBlock([], 'sha256');
  expect(parseBlockName(text)).toBe(text);
  for (const wrong of ['', text.slice(1), `${text}0`, text.toUpperCase(), `${text}\n`]) {
    expect(parseBlockName(wrong)).toBeUndefined();
  }
});
