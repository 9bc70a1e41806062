import { expect, test } from 'vitest';
import { parseLocation, parseRemote, prefixBelow } from './location.ts';

test('s3:// makes an object, all else is a path', () => {
  expect(parseLocation('s3://bucket/a//b')).toEqual({ kind: 'remote', bucket: 'bucket', key: 'a//b' });
  expect(parseLocation('s3://bucket')).toEqual({ kind: 'remote', bucket: 'bucket', key: '' });
  for (const path of ['bucket/key', './s3:', '/a', 'S3://x'])
    expect(parseLocation(path)).toEqual({ kind: 'local', path });
  for (const none of ['', 'a\0b']) expect(() => parseLocation(none)).toThrow('must not be empty');
});

test('where only objects are meant, s3:// may be left out', () => {
  expect(parseRemote('bucket/k')).toEqual(parseRemote('s3://bucket/k'));
  expect(parseRemote('bucket/')).toEqual({ kind: 'remote', bucket: 'bucket', key: '' });
});

test.each(['', '/x', 's3:///x', 's3://', 'm/x', 'a b/x', '../x', '-ab/x'])('%j names no bucket', (text) => {
  expect(() => parseRemote(text)).toThrow('names no bucket; give s3://BUCKET/KEY');
});

test('what lies below a key begins with it and a slash', () => {
  expect(['', 'a', 'a/', 'a//'].map(prefixBelow)).toEqual(['', 'a/', 'a/', 'a//']);
});
