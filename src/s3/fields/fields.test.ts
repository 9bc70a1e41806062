import { describe, expect, test } from 'vitest';
import type { ObjectInfo } from '../../object/store.ts';
import { toFailure } from '../errors.ts';
import { HeaderFields } from '../head.ts';
import { announcedChecksum, promisedObjectChecksum } from './checksums.ts';
import { judgeConditions, writeCondition } from './conditions.ts';
import { copySource } from './copy-source.ts';
import { objectReplyHeaders, readObjectHeaders } from './object-headers.ts';
import { countField, nameEncoding, partNumberField } from './query-fields.ts';
import { contentRange, parseRange } from './range.ts';
import { headerTags } from './tags.ts';

function headers(fields: Readonly<Record<string, string>>): HeaderFields {
  return new HeaderFields(Object.entries(fields).flat());
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return toFailure(error).code;
  }
}

const info: ObjectInfo = {
  key: 'k',
  bytes: 10,
  etag: 'abc',
  modifiedAtMs: Date.UTC(2024, 0, 1, 12, 0, 0, 700),
  headers: { metadata: {} },
  partBytes: [],
  checksum: undefined,
  tags: {},
  versionId: undefined,
};

describe('ranges', () => {
  test.each([
    ['bytes=0-9', { kind: 'from', first: 0, last: 9 }],
    ['bytes=5-', { kind: 'from', first: 5, last: undefined }],
    ['bytes=-3', { kind: 'suffix', bytes: 3 }],
    ['Bytes = 1-1', { kind: 'from', first: 1, last: 1 }],
    ['items=0-9', undefined],
  ])('%s', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });

  test.each([
    ['bytes=', 'InvalidRange'],
    ['bytes=-', 'InvalidRange'],
    ['bytes=a-b', 'InvalidRange'],
    ['bytes=5-2', 'InvalidRange'],
    ['bytes=1.5-2', 'InvalidRange'],
    [`bytes=${'9'.repeat(400)}-`, 'InvalidRange'],
    ['bytes=0-1,3-4', 'NotImplemented'],
  ])('%s is refused', (text, code) => {
    expect(codeOf(() => parseRange(text))).toBe(code);
  });

  test('are answered with first and last byte', () => {
    expect(contentRange({ from: 2, to: 5 }, 10)).toBe('bytes 2-4/10');
  });
});

describe('conditions', () => {
  const before = 'Mon, 01 Jan 2024 11:59:59 GMT';
  const same = 'Mon, 01 Jan 2024 12:00:00 GMT';
  test.each([
    [{}, 'send'],
    [{ 'if-match': '"abc"' }, 'send'],
    [{ 'if-match': '"x", "abc"' }, 'send'],
    [{ 'if-match': '*' }, 'send'],
    [{ 'if-match': 'W/"abc"' }, 'PreconditionFailed'],
    [{ 'if-match': '"x"' }, 'PreconditionFailed'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'send'],
    [{ 'if-modified-since': same }, 'not-modified'],
    [{ 'if-modified-since': before }, 'send'],
    [{ 'if-modified-since': 'yesterday' }, 'send'],
    [{ 'if-unmodified-since': same }, 'send'],
    [{ 'if-unmodified-since': before }, 'PreconditionFailed'],
    [{ 'if-match': '"abc"', 'if-unmodified-since': before }, 'send'],
    [{ 'if-none-match': '"x"', 'if-modified-since': same }, 'send'],
  ])('%j', (fields, outcome) => {
    const judged = () => judgeConditions(headers(fields), info);
    expect(codeOf(judged) === 'accepted' ? judged() : codeOf(judged)).toBe(outcome);
  });
});

describe('headers of an object', () => {
  test('come back as they were sent, metadata beyond ASCII as an encoded word', () => {
    const sent = {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
      'content-disposition': 'attachment; filename="\xc3\xa9"',
      'content-language': 'en',
      expires: 'soon',
      'x-amz-meta-name': 'caf\xc3\xa9',
      'x-amz-meta-__proto__': 'x',
    };
    const told = { ...sent, 'x-amz-meta-name': '=?UTF-8?B?Y2Fmw6k=?=' };
    const stored = readObjectHeaders(headers(sent));
    expect(stored.metadata.name).toBe('café');
    expect(objectReplyHeaders({ ...info, headers: stored })).toMatchObject(told);
  });

  test.each([
    ['aws-chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
    ['gzip, AWS-chunked', 'gzip'],
    ['gzip,br', 'gzip,br'],
  ])('Content-Encoding %s is stored as %s', (sent, stored) => {
    expect(readObjectHeaders(headers({ 'content-encoding': sent })).contentEncoding).toBe(stored);
  });

  test('have limits', () => {
    expect(codeOf(() => readObjectHeaders(headers({ 'x-amz-meta-a': 'x'.repeat(2047) })))).toBe('accepted');
    expect(codeOf(() => readObjectHeaders(headers({ 'x-amz-meta-a': 'x'.repeat(2048) })))).toBe('MetadataTooLarge');
    expect(codeOf(() => readObjectHeaders(headers({ 'content-type': 'x'.repeat(5000) })))).toBe('InvalidArgument');
    expect(codeOf(() => readObjectHeaders(headers({ 'x-amz-meta-a': '\xff' })))).toBe('InvalidArgument');
  });

  test('a quoted ETag, a time of whole seconds and a type are always there', () => {
    expect(objectReplyHeaders(info)).toEqual({
      etag: '"abc"',
      'last-modified': 'Mon, 01 Jan 2024 12:00:00 GMT',
      'accept-ranges': 'bytes',
      'content-type': 'binary/octet-stream',
    });
  });
});

describe('conditions of writes', () => {
  test.each([
    [{}, undefined],
    [{ 'if-none-match': '*' }, { ifMatch: undefined, ifNoneMatch: '*' }],
    [{ 'if-match': '"a", "b"' }, { ifMatch: ['a', 'b'], ifNoneMatch: undefined }],
    [{ 'if-match': 'W/"a"' }, { ifMatch: [], ifNoneMatch: undefined }],
    [{ 'if-match': 'a' }, { ifMatch: ['a'], ifNoneMatch: undefined }],
  ])('%j', (fields, condition) => {
    expect(writeCondition(headers(fields))).toEqual(condition);
  });
});

describe('tags', () => {
  const tagged = (text: string) => headerTags(headers({ 'x-amz-tagging': text }));
  test.each([
    ['', {}],
    ['a=1&b=', { a: '1', b: '' }],
    ['a', { a: '' }],
    ['caf%C3%A9=au+lait', { café: 'au lait' }],
    ['__proto__=x', Object.fromEntries([['__proto__', 'x']])],
    [`${'k'.repeat(128)}=${'v'.repeat(256)}`, { ['k'.repeat(128)]: 'v'.repeat(256) }],
  ])('%s', (text, tags) => {
    expect(tagged(text)).toEqual(tags);
  });

  test.each([
    ['a=1&a=2', 'InvalidArgument'],
    ['a=%', 'InvalidArgument'],
    ['a=%FF', 'InvalidArgument'],
    ['=x', 'InvalidTag'],
    ['a=%7C', 'InvalidTag'],
    ['aws:a=x', 'InvalidTag'],
    [`${'k'.repeat(129)}=x`, 'InvalidTag'],
    [`k=${'v'.repeat(257)}`, 'InvalidTag'],
    [Array.from({ length: 11 }, (_, at) => `k${at}=v`).join('&'), 'BadRequest'],
  ])('%s is refused', (text, code) => {
    expect(codeOf(() => tagged(text))).toBe(code);
  });
});

describe('checksums of uploads', () => {
  const announced = (algorithm?: string, type?: string) =>
    announcedChecksum(
      headers({
        ...(algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm }),
        ...(type === undefined ? {} : { 'x-amz-checksum-type': type }),
      }),
    );

  test.each([
    [undefined, undefined, undefined],
    ['CRC32', undefined, { kind: 'crc32', type: 'composite' }],
    ['CRC32C', 'FULL_OBJECT', { kind: 'crc32c', type: 'whole' }],
    ['CRC64NVME', undefined, { kind: 'crc64nvme', type: 'whole' }],
    ['SHA256', 'COMPOSITE', { kind: 'sha256', type: 'composite' }],
  ])('%s %s', (algorithm, type, checksum) => {
    expect(announced(algorithm, type)).toEqual(checksum);
  });

  test.each([
    ['MD5', undefined],
    ['crc32', undefined],
    ['CRC64NVME', 'COMPOSITE'],
    ['SHA1', 'FULL_OBJECT'],
    ['SHA256', 'WHOLE'],
    [undefined, 'COMPOSITE'],
  ])('%s %s is refused', (algorithm, type) => {
    expect(codeOf(() => announced(algorithm, type))).toBe('InvalidRequest');
  });

  test('of the whole object tell of how many parts they are, rightly', () => {
    const promised = (fields: Readonly<Record<string, string>>) => promisedObjectChecksum(headers(fields), 2);
    const digest = new Uint8Array(4);
    expect(promised({ 'x-amz-checksum-crc32': 'AAAAAA==-2' })).toEqual({ kind: 'crc32', digest });
    expect(promised({ 'x-amz-checksum-crc32': 'AAAAAA==' })).toEqual({ kind: 'crc32', digest });
    expect(promised({})).toBeUndefined();
    expect(codeOf(() => promised({ 'x-amz-checksum-crc32': 'AAAAAA==-3' }))).toBe('BadDigest');
    expect(codeOf(() => promised({ 'x-amz-checksum-crc32': 'AAAA' }))).toBe('InvalidRequest');
    const two = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' };
    expect(codeOf(() => promised(two))).toBe('InvalidRequest');
  });
});

describe('sources of copies', () => {
  const source = (text: string) => copySource(headers({ 'x-amz-copy-source': text }));
  test.each([
    ['bucket/key', 'key', undefined],
    ['/bucket/a%3Fb%2Fc', 'a?b/c', undefined],
    ['/bucket/a?b', 'a?b', undefined],
    ['bucket%2Fa%2Fb', 'a/b', undefined],
    ['%2Fbucket%2Fkey', 'key', undefined],
    ['bucket/key?versionId=00', 'key', '00'],
    ['bucket/key%3FversionId=00', 'key?versionId=00', undefined],
  ])('%s', (text, key, versionId) => {
    expect(source(text)).toEqual({ bucket: 'bucket', key, versionId });
  });

  test.each(['bucket', 'bucket/', 'bucket/key?versionId='])('%s is refused', (text) => {
    expect(codeOf(() => source(text))).toBe('InvalidArgument');
  });
});

describe('fields of a query', () => {
  const bounds = { least: 0, most: 1000, otherwise: 1000 };
  test.each([
    [undefined, 1000],
    ['', 1000],
    ['0', 0],
    ['7', 7],
    ['5000', 1000],
  ])('max-keys=%s counts %d', (text, count) => {
    expect(countField(new Map(text === undefined ? [] : [['max-keys', text]]), 'max-keys', bounds)).toBe(count);
  });

  test.each(['-1', 'x', '1.5', '1e3', '99999999999'])('max-keys=%s is refused', (text) => {
    expect(codeOf(() => countField(new Map([['max-keys', text]]), 'max-keys', bounds))).toBe('InvalidArgument');
  });

  test.each(['0', '10001', 'x', '', '1.0'])('partNumber=%s is refused', (text) => {
    expect(codeOf(() => partNumberField(new Map([['partNumber', text]])))).toBe('InvalidArgument');
  });

  test('names are written plainly or URL-encoded, in no other way', () => {
    expect(nameEncoding(new Map())('a b/\x01')).toBe('a b/\x01');
    expect(nameEncoding(new Map([['encoding-type', 'url']]))('a b/\x01')).toBe('a%20b/%01');
    expect(codeOf(() => nameEncoding(new Map([['encoding-type', 'xml']])))).toBe('InvalidArgument');
  });
});
