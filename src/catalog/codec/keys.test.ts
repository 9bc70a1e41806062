import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, successor, utf8 } from '../../base/bytes.ts';
import type { BucketId, UploadId } from '../../base/ids.ts';
import { partKey, partsOf } from '../records/part.ts';
import { uploadKey, uploadsIn } from '../records/upload.ts';
import { versionKey, versionsIn, versionsOf, versionTailBytes } from '../records/version.ts';
import { keyPrefixes } from './keys.ts';

const buckets = ['00000000000000aa', '00000000000000ab', 'ffffffffffffffff'].map((id) => id as BucketId);
/** Short texts over few characters, so that one is often the beginning of another; never NUL. */
const keys = fc.string({
  unit: fc.constantFrom('\u0001', 'a', 'b', '/', '\u00e9', '\ud83d\ude00', '\uffff'),
  minLength: 1,
  maxLength: 4,
});
const versions = fc.record({
  bucket: fc.constantFrom(...buckets),
  key: keys,
  stamp: fc.nat(Number.MAX_SAFE_INTEGER),
  site: fc.nat(65_535),
});

type Version = { readonly bucket: BucketId; readonly key: string; readonly stamp: number; readonly site: number };

const encode = ({ bucket, ...version }: Version) => versionKey(bucket, version);

function isIn(key: Uint8Array, { from, to }: { from: Uint8Array; to: Uint8Array }): boolean {
  return compareBytes(key, from) >= 0 && compareBytes(key, to) < 0;
}

describe('keys of versions', () => {
  test('are ordered by bucket, key by bytes, newest first, site', () => {
    fc.assert(
      fc.property(versions, versions, (left, right) => {
        const expected =
          Buffer.compare(Buffer.from(left.bucket, 'hex'), Buffer.from(right.bucket, 'hex')) ||
          compareBytes(utf8(left.key), utf8(right.key)) ||
          Math.sign(right.stamp - left.stamp) ||
          Math.sign(left.site - right.site);
        expect(Math.sign(compareBytes(encode(left), encode(right)))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('lie in the range of their own key only, and in those of prefixes of it', () => {
    fc.assert(
      fc.property(versions, keys, (version, other) => {
        const { bucket, key } = version;
        expect(isIn(encode(version), versionsOf(bucket, other))).toBe(key === other);
        expect(encode(version)).toHaveLength(versionsOf(bucket, key).from.byteLength + versionTailBytes);
        const starts = Buffer.compare(utf8(key).subarray(0, utf8(other).byteLength), utf8(other)) === 0;
        expect(isIn(encode(version), versionsIn(bucket, other))).toBe(starts);
        for (const one of buckets) expect(isIn(encode(version), versionsIn(one))).toBe(one === bucket);
      }),
      { numRuns: 500 },
    );
  });
});

test('parts are ordered by number within their upload', () => {
  const uploads = ['0000000000000001', '0000000000000002'].map((id) => id as UploadId);
  const parts = fc.record({ upload: fc.constantFrom(...uploads), number: fc.nat(10_000) });
  fc.assert(
    fc.property(parts, parts, (left, right) => {
      const expected = left.upload < right.upload ? -1 : left.upload > right.upload ? 1 : left.number - right.number;
      const order = compareBytes(partKey(left.upload, left.number), partKey(right.upload, right.number));
      expect(Math.sign(order)).toBe(Math.sign(expected));
      expect(isIn(partKey(left.upload, left.number), partsOf(right.upload))).toBe(left.upload === right.upload);
    }),
  );
});

test('uploads of one bucket are in its range, whatever their key', () => {
  fc.assert(
    fc.property(fc.constantFrom(...buckets), keys, (bucket, key) => {
      const encoded = uploadKey(bucket, key, '00000000000000ff' as UploadId);
      for (const one of buckets) expect(isIn(encoded, uploadsIn(one))).toBe(one === bucket);
    }),
  );
});

test('no two kinds share a prefix', () => {
  const prefixes = Object.values(keyPrefixes);
  expect(new Set(prefixes).size).toBe(prefixes.length);
  expect(prefixes.every((prefix) => prefix.length === 1)).toBe(true);
});

test('nothing lies between a key and its successor', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (key, other) => {
      expect(compareBytes(key, successor(key))).toBeLessThan(0);
      expect(compareBytes(other, key) > 0 && compareBytes(other, successor(key)) < 0).toBe(false);
    }),
  );
});
