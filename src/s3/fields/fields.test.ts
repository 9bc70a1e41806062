import { describe, expect, test } from 'vitest';
import type { ObjectInfo } from '../../object/store.ts';
import { toFailure } from '../errors.ts';
import { HeaderFields } from '../head.ts';
import { judgeConditions } from './conditions.ts';
import { objectReplyHeaders, readObjectHeaders } from './object-headers.ts';
import { countField, nameEncoding, partNumberField } from './query-fields.ts';
import { contentRange, parseRange } from './range.ts';

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
  parts: 0,
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
  test('come back as they were sent, bytes beyond ASCII too', () => {
    const sent = {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
      'content-disposition': 'attachment; filename="\xc3\xa9"',
      'content-language': 'en',
      expires: 'soon',
      'x-amz-meta-name': 'caf\xc3\xa9',
      'x-amz-meta-__proto__': 'x',
    };
    const stored = readObjectHeaders(headers(sent));
    expect(stored.metadata.name).toBe('café');
    expect(objectReplyHeaders({ ...info, headers: stored })).toMatchObject(sent);
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
