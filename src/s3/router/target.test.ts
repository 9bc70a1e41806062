import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { uriEncode } from '../../sigv4/uri.ts';
import { toFailure } from '../errors.ts';
import { parseTarget } from './target.ts';

function keyOf(raw: string): string | undefined {
  const { target } = parseTarget(raw);
  return target.level === 'object' ? target.key : undefined;
}

function refusal(raw: string): string {
  try {
    parseTarget(raw);
    return 'accepted';
  } catch (error) {
    return toFailure(error).code;
  }
}

/** Raw bytes as a front hands them over. */
function asSent(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .filter((text) => !text.includes('\0') && fromUtf8(utf8(text)) === text);

describe('keys', () => {
  test('come back unchanged, encoded fully or hardly', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(keyOf(`/bucket/${uriEncode(text, { keepSlash: true })}`)).toBe(text);
        expect(keyOf(`/bucket/${uriEncode(text, { keepSlash: false })}`)).toBe(text);
        expect(keyOf(`/bucket/${asSent(text).replace(/[%?#]/g, encodeURIComponent)}`)).toBe(text);
      }),
    );
  });

  test.each([
    ['..', '..'],
    ['../../etc/passwd', '../../etc/passwd'],
    ['/', '/'],
    ['//x', '//x'],
    ['a//b', 'a//b'],
    ['.', '.'],
    ['./a', './a'],
    ['a/', 'a/'],
    ['a\\b', 'a\\b'],
    ['%5C', '\\'],
    ['%252e', '%2e'],
    ['%2e%2e', '..'],
    ['%09', '\t'],
    ['%F0%9F%90%B3', '🐳'],
    ['a+b', 'a+b'],
    ['a%20b', 'a b'],
    ['%C3%A9', 'é'],
    ['e%CC%81', 'e\u0301'],
    ['%EF%BB%BFx', '\uFEFFx'],
  ])('%s is the key %j', (raw, expected) => {
    expect(keyOf(`/bucket/${raw}`)).toBe(expected);
  });

  test.each([
    ['NUL', '/bucket/a%00b', 'InvalidArgument'],
    ['invalid UTF-8', '/bucket/%ff', 'InvalidURI'],
    ['an overlong form', '/bucket/%C0%AF', 'InvalidURI'],
    ['a surrogate', '/bucket/%ED%A0%80', 'InvalidURI'],
    ['half an escape', '/bucket/%e', 'InvalidURI'],
    ['1,025 bytes', `/bucket/${'k'.repeat(1025)}`, 'KeyTooLongError'],
    ['1,025 bytes of fewer characters', `/bucket/${'%C3%A9'.repeat(512)}x`, 'KeyTooLongError'],
  ])('%s is refused', (_, raw, code) => {
    expect(refusal(raw)).toBe(code);
  });

  test('1,024 bytes are a key', () => {
    expect(keyOf(`/bucket/${'%C3%A9'.repeat(512)}`)).toBe('é'.repeat(512));
  });
});

describe('paths', () => {
  test.each([
    ['/', { level: 'service' }],
    ['/bucket', { level: 'bucket', bucket: 'bucket' }],
    ['/bucket/', { level: 'bucket', bucket: 'bucket' }],
    ['/metrics', { level: 'bucket', bucket: 'metrics' }],
    ['/bucket/key', { level: 'object', bucket: 'bucket', key: 'key' }],
  ])('%s', (raw, target) => {
    expect(parseTarget(raw).target).toEqual(target);
  });

  test.each([
    ['*', 'InvalidURI'],
    ['http://host/bucket', 'InvalidURI'],
    ['/bucket/k#fragment', 'InvalidURI'],
    ['/B', 'InvalidBucketName'],
    ['/a', 'InvalidBucketName'],
    ['/..', 'InvalidBucketName'],
    ['/%62ucket', 'InvalidBucketName'],
    ['/192.168.0.1', 'InvalidBucketName'],
    ['//bucket', 'InvalidBucketName'],
    [`/${'b'.repeat(64)}`, 'InvalidBucketName'],
  ])('%s is refused with %s', (raw, code) => {
    expect(refusal(raw)).toBe(code);
  });
});

describe('queries', () => {
  test('names and values are decoded once', () => {
    const { query } = parseTarget('/bucket?prefix=a%252Fb+c&delete&marker=');
    expect([...query]).toEqual([
      ['prefix', 'a%2Fb c'],
      ['delete', ''],
      ['marker', ''],
    ]);
  });

  test.each([
    ['a name twice', '/bucket?prefix=a&prefix=b', 'InvalidArgument'],
    ['the same name in another encoding', '/bucket?prefix=a&pre%66ix=b', 'InvalidArgument'],
    ['half an escape', '/bucket?prefix=%', 'InvalidURI'],
    ['invalid UTF-8', '/bucket?prefix=%ff', 'InvalidURI'],
  ])('%s is refused', (_, raw, code) => {
    expect(refusal(raw)).toBe(code);
  });
});
