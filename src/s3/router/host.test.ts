import { expect, test } from 'vitest';
import { HeaderFields } from '../head.ts';
import { bucketOfHost } from './host.ts';
import { parseHead } from './target.ts';

const domains = ['example.com', 's3.example.com'];

test.each([
  ['bucket.s3.example.com', 'bucket'],
  ['bucket.s3.example.com:9000', 'bucket'],
  ['Bucket.S3.Example.com.', 'bucket'],
  ['a.b.c.s3.example.com', 'a.b.c'],
  ['bucket.example.com', 'bucket'],
  ['s3.example.com', undefined],
  ['example.com:80', undefined],
  ['bucket.example.org', undefined],
  ['notexample.com', undefined],
  ['127.0.0.1:9000', undefined],
  ['[::1]:9000', undefined],
  ['localhost', undefined],
  ['', undefined],
])('%s names %s', (host, bucket) => {
  expect(bucketOfHost([host], domains)).toBe(bucket);
});

test('without domains, no host names a bucket', () => {
  expect(bucketOfHost(['bucket.s3.example.com'], [])).toBeUndefined();
});

function targetOf(host: string, target: string) {
  return parseHead({ method: 'GET', target, headers: new HeaderFields(['host', host]) }, domains).target;
}

test('under a domain the path is the key; elsewhere it begins with the bucket', () => {
  expect(targetOf('my.bucket.s3.example.com', '/a/b%20c')).toEqual({
    level: 'object',
    bucket: 'my.bucket',
    key: 'a/b c',
  });
  expect(targetOf('bucket.s3.example.com', '/')).toEqual({ level: 'bucket', bucket: 'bucket' });
  expect(targetOf('bucket.s3.example.com', '//')).toEqual({ level: 'object', bucket: 'bucket', key: '/' });
  expect(targetOf('s3.example.com', '/bucket/key')).toEqual({ level: 'object', bucket: 'bucket', key: 'key' });
  expect(targetOf('s3.example.com', '/')).toEqual({ level: 'service' });
});

test('what is no bucket name is refused', () => {
  expect(() => targetOf('b_d.s3.example.com', '/key')).toThrow('is no bucket name');
  expect(() => targetOf('x.s3.example.com', '/key')).toThrow('is no bucket name');
});
