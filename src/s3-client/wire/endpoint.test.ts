import { expect, test } from 'vitest';
import { parseEndpoint, placeOf } from './endpoint.ts';

test.each([
  ['http://localhost:9000', { isSecure: false, host: 'localhost', port: 9000, authority: 'localhost:9000' }],
  ['https://s3.example.com', { isSecure: true, host: 's3.example.com', port: 443, authority: 's3.example.com' }],
  ['http://[::1]:80/', { isSecure: false, host: '::1', port: 80, authority: '[::1]' }],
  ['https://[fe80::1]:8443', { isSecure: true, host: 'fe80::1', port: 8443, authority: '[fe80::1]:8443' }],
])('%s is an endpoint', (text, expected) => {
  expect(parseEndpoint(text)).toEqual({ ...expected, addressing: 'path' });
});

test.each(['', 'localhost', 'ftp://host', 'http://host/base', 'http://host?x', 'http://host/#x'])(
  '%j is none, which says what one looks like',
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(/endpoint .*must/);
  },
);

test('a password in an endpoint is refused, and not told', () => {
  expect(() => parseEndpoint('http://me:hush@host')).toThrow(/^(?!.*hush).*must not hold/);
});

test('a bucket is the first part of the path, or of the host', () => {
  const byPath = parseEndpoint('http://host:9000');
  const byHost = parseEndpoint('http://host:9000', 'virtual-host');
  const host = 'host';
  const authority = 'host:9000';
  expect(placeOf(byPath, undefined, undefined)).toEqual({ host, authority, path: '/' });
  expect(placeOf(byPath, 'b-1', undefined)).toEqual({ host, authority, path: '/b-1' });
  expect(placeOf(byPath, 'b-1', 'a b/c')).toEqual({ host, authority, path: '/b-1/a%20b/c' });
  expect(placeOf(byHost, undefined, undefined)).toEqual({ host, authority, path: '/' });
  expect(placeOf(byHost, 'b-1', undefined)).toEqual({ host: 'b-1.host', authority: 'b-1.host:9000', path: '/' });
  expect(placeOf(byHost, 'b-1', 'k')).toEqual({ host: 'b-1.host', authority: 'b-1.host:9000', path: '/k' });
});

test('a bucket of a host on this machine is found there', () => {
  const { host, authority } = placeOf(parseEndpoint('http://localhost:9000', 'virtual-host'), 'b-1', 'k');
  expect([host, authority]).toEqual(['localhost', 'b-1.localhost:9000']);
});

test.each(['', 'a', '.', '..', 'a/b', 'a?b', 'a b', '-a', 'ä-bucket'])('%j is no bucket', (bucket) => {
  expect(() => placeOf(parseEndpoint('http://host'), bucket, 'k')).toThrow('is no name of a bucket');
});
