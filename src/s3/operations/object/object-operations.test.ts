import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';
import { seededRandom } from '../../../base/random.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

describe('objects', () => {
  test('come back with their bytes, headers and ETag', async () => {
    const headers = [
      ['content-type', 'text/plain'],
      ['cache-control', 'no-cache'],
      ['content-encoding', 'gzip'],
      ['x-amz-meta-colour', 'caf\xc3\xa9'],
    ] as const;
    const etag = `"${createHash('md5').update('hello').digest('hex')}"`;
    expect((await door.put('/bucket/life', 'hello', headers)).headers.get('etag')).toBe(etag);
    const got = await door.get('/bucket/life');
    expect(got).toMatchObject({ status: 200, text: 'hello' });
    const expected = Object.fromEntries([
      ...headers,
      ['x-amz-meta-colour', '=?UTF-8?B?Y2Fmw6k=?='],
      ['etag', etag],
      ['content-length', '5'],
      ['accept-ranges', 'bytes'],
    ]);
    expect(Object.fromEntries(got.headers)).toMatchObject(expected);
    expect(Date.parse(got.headers.get('last-modified') ?? '')).toBeGreaterThan(0);
    const head = await door.ask({ method: 'HEAD', target: '/bucket/life' });
    expect(Object.fromEntries(head.headers)).toMatchObject(expected);
    expect(await door.ask({ method: 'DELETE', target: '/bucket/life' })).toMatchObject({ status: 204 });
    expect(await door.ask({ method: 'DELETE', target: '/bucket/life' })).toMatchObject({ status: 204 });
    expect(errorCode(await door.get('/bucket/life'))).toBe('NoSuchKey');
    expect(await door.ask({ method: 'HEAD', target: '/bucket/life' })).toMatchObject({ status: 404, text: '' });
  });

  test('of no bytes and of many', async () => {
    for (const length of [0, 1, 3 * 2 ** 20 + 17]) {
      const bytes = seededRandom(length).bytes(length);
      await door.put('/bucket/size', bytes);
      const got = await door.get('/bucket/size');
      expect(got.headers.get('content-length')).toBe(String(length));
      expect(got.body.equals(bytes)).toBe(true);
    }
  });

  test.each([
    ['bytes=0-0', 206, 'a', 'bytes 0-0/10'],
    ['bytes=3-5', 206, 'def', 'bytes 3-5/10'],
    ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=7-100', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=-100', 206, 'abcdefghij', 'bytes 0-9/10'],
    ['lines=0-1', 200, 'abcdefghij', undefined],
  ])('in the range %s', async (range, status, text, contentRange) => {
    await door.put('/bucket/ranged', 'abcdefghij');
    const got = await door.get('/bucket/ranged', [['range', range]]);
    expect({ status: got.status, text: got.text, range: got.headers.get('content-range') }).toEqual({
      status,
      text,
      range: contentRange,
    });
    const head = await door.ask({ method: 'HEAD', target: '/bucket/ranged', headers: [['range', range]] });
    expect([head.status, head.headers.get('content-length')]).toEqual([status, String(text.length)]);
  });

  test('not in a range beyond their end', async () => {
    await door.put('/bucket/ranged', 'abcdefghij');
    const got = await door.get('/bucket/ranged', [['range', 'bytes=10-']]);
    expect([got.status, errorCode(got), elementTexts(got.text, 'ActualObjectSize')]).toEqual([
      416,
      'InvalidRange',
      ['10'],
    ]);
  });

  test('on conditions', async () => {
    const { headers } = await door.put('/bucket/conditional', 'x');
    const etag = headers.get('etag') as string;
    const unchanged = await door.get('/bucket/conditional', [['if-none-match', etag]]);
    expect([unchanged.status, unchanged.text, unchanged.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await door.get('/bucket/conditional', [['if-match', etag]])).status).toBe(200);
    expect(errorCode(await door.get('/bucket/conditional', [['if-match', '"x"']]))).toBe('PreconditionFailed');
  });

  test('are compared with their Content-MD5', async () => {
    const md5 = createHash('md5').update('hello').digest('base64');
    expect((await door.put('/bucket/md5', 'hello', [['content-md5', md5]])).status).toBe(200);
    expect(errorCode(await door.put('/bucket/md5', 'other', [['content-md5', md5]]))).toBe('BadDigest');
    expect((await door.get('/bucket/md5')).text).toBe('hello');
  });

  test('are answered with the checksum that was verified', async () => {
    const headers = [['x-amz-checksum-crc32', 'y/Q5Jg==']] as const;
    expect((await door.put('/bucket/checked', '123456789', headers)).headers.get('x-amz-checksum-crc32')).toBe(
      'y/Q5Jg==',
    );
    expect(errorCode(await door.put('/bucket/unchecked', '123456780', headers))).toBe('BadDigest');
    expect(errorCode(await door.get('/bucket/unchecked'))).toBe('NoSuchKey');
  });

  test('are copied with their headers, or with others', async () => {
    await door.put('/bucket/from%20here', 'hello', [['x-amz-meta-a', '1']]);
    const source = ['x-amz-copy-source', '/bucket/from%20here'] as const;
    const copied = await door.put('/bucket/copy', '', [source]);
    expect([copied.status, copied.text]).toEqual([200, expect.stringContaining('<CopyObjectResult')]);
    expect((await door.get('/bucket/copy')).headers.get('x-amz-meta-a')).toBe('1');
    const replace = ['x-amz-metadata-directive', 'REPLACE'] as const;
    await door.put('/bucket/from%20here', '', [source, replace, ['x-amz-meta-b', '2']]);
    const replaced = await door.get('/bucket/from%20here');
    expect([replaced.text, replaced.headers.get('x-amz-meta-a'), replaced.headers.get('x-amz-meta-b')]).toEqual([
      'hello',
      undefined,
      '2',
    ]);
    expect(errorCode(await door.put('/bucket/from%20here', '', [source]))).toBe('InvalidRequest');
    expect(errorCode(await door.put('/bucket/x', '', [['x-amz-copy-source', 'bucket/none']]))).toBe('NoSuchKey');
    expect(errorCode(await door.put('/bucket/x', '', [['x-amz-copy-source', 'bucket']]))).toBe('InvalidArgument');
    expect(errorCode(await door.put('/bucket/x', '', [['x-amz-copy-source', '/bucket/k?versionId=1']]))).toBe(
      'InvalidArgument',
    );
  });
});

describe('odd keys', () => {
  const odd = [
    '..',
    '../x',
    '/',
    '//x',
    'a//b',
    '.',
    'a/',
    'a\\b',
    '%2e',
    '\t',
    'a b',
    'a+b',
    '🐳',
    '<&>"\'',
    'é',
    '\u0001',
    '\r\n',
  ];
  const encode = (key: string) =>
    encodeURIComponent(key).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

  test('come back unchanged, in GET and in listings, in the order of their bytes', async () => {
    await door.put('/odd', '');
    for (const key of odd) expect((await door.put(`/odd/${encode(key)}`, key)).status).toBe(200);
    for (const key of odd) expect((await door.get(`/odd/${encode(key)}`)).text).toBe(key);
    const sorted = odd.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    const listed = await door.get('/odd?encoding-type=url&list-type=2');
    expect(elementTexts(listed.text, 'Key').map(decodeURIComponent)).toEqual(sorted);
    const plain = await door.get('/odd?list-type=2');
    expect(elementTexts(plain.text, 'Key')).toContain('&lt;&amp;&gt;&quot;&#39;');
    expect(elementTexts(plain.text, 'Key')).toContain('&#x1;');
    const keys = odd
      .filter((key) => key !== '\u0001')
      .map((key) => key.replace(/[&<\r]/g, (c) => `&#${c.charCodeAt(0)};`));
    const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`);
    const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`;
    const deleted = await door.ask({ method: 'POST', target: '/odd?delete', body });
    expect(deleted.text).toMatch(/<DeleteResult xmlns="[^"]*"><\/DeleteResult>$/);
    expect(elementTexts((await door.get('/odd?list-type=2')).text, 'Key')).toEqual(['&#x1;']);
  });
});
