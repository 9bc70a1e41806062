import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

/** Of 123456789. */
const crc32 = ['x-amz-checksum-crc32', 'y/Q5Jg=='] as const;
const enabled = ['x-amz-checksum-mode', 'ENABLED'] as const;

beforeAll(async () => {
  door = await startTestDoor();
  await door.put('/bucket/digits', '123456789', [crc32]);
});

test('a reader whose bytes are not sent is closed', async () => {
  const close = vi.fn(async () => ({ done: true, value: undefined }) as const);
  const { store } = door.site;
  const slabs = { [Symbol.asyncIterator]: () => ({ next: close, return: close }) };
  const info = await store.head('bucket', 'digits');
  using _ = vi
    .spyOn(store, 'get')
    .mockResolvedValue({ info, range: { from: 0, to: info.bytes }, slabs, pieces: slabs, atHand: () => undefined });
  const etag = (await door.head('/bucket/digits')).headers.get('etag') ?? '';
  expect((await door.get('/bucket/digits', [['if-none-match', etag]])).status).toBe(304);
  expect(close).toHaveBeenCalledTimes(1);
  expect((await door.get('/bucket/digits', [['if-match', '"other"']])).status).toBe(412);
  expect(close).toHaveBeenCalledTimes(2);
});

afterAll(async () => {
  await door.server.abort();
});

/** An object of the parts 5 MiB of `a`, then `end`, and what the completion said. */
async function putParts(key: string): Promise<string> {
  const id = elementTexts((await door.post(`/bucket/${key}?uploads`)).text, 'UploadId')[0];
  const parts = [];
  for (const [at, body] of ['a'.repeat(5 * 2 ** 20), 'end'].entries()) {
    const { headers } = await door.put(`/bucket/${key}?partNumber=${at + 1}&uploadId=${id}`, body);
    parts.push(`<Part><PartNumber>${at + 1}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`);
  }
  const document = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  return (await door.post(`/bucket/${key}?uploadId=${id}`, document)).text;
}

describe('a checksum', () => {
  test('is told when it is asked for and all bytes come', async () => {
    for (const { headers } of [
      await door.get('/bucket/digits', [enabled]),
      await door.head('/bucket/digits', [enabled]),
    ]) {
      expect([headers.get(crc32[0]), headers.get('x-amz-checksum-type')]).toEqual([crc32[1], 'FULL_OBJECT']);
    }
    expect((await door.get('/bucket/digits')).headers.has(crc32[0])).toBe(false);
    const part = await door.get('/bucket/digits', [enabled, ['range', 'bytes=0-3']]);
    expect([part.text, part.headers.has(crc32[0])]).toEqual(['1234', false]);
    const whole = await door.get('/bucket/digits', [enabled, ['range', 'bytes=0-']]);
    expect([whole.status, whole.headers.get(crc32[0])]).toEqual([206, crc32[1]]);
    expect(errorCode(await door.get('/bucket/digits', [['x-amz-checksum-mode', 'on']]))).toBe('InvalidArgument');
  });
});

describe('parts', () => {
  test('are read by their numbers, and told how many there are', async () => {
    await putParts('parted');
    const last = await door.get('/bucket/parted?partNumber=2');
    expect([last.status, last.text, last.headers.get('content-range')]).toEqual([
      206,
      'end',
      `bytes ${5 * 2 ** 20}-${5 * 2 ** 20 + 2}/${5 * 2 ** 20 + 3}`,
    ]);
    expect(last.headers.get('x-amz-mp-parts-count')).toBe('2');
    const head = await door.head('/bucket/parted?partNumber=1');
    expect([head.status, head.headers.get('content-length'), head.headers.get('x-amz-mp-parts-count')]).toEqual([
      206,
      String(5 * 2 ** 20),
      '2',
    ]);
    const none = await door.get('/bucket/parted?partNumber=3');
    expect([none.status, errorCode(none)]).toEqual([416, 'InvalidPartNumber']);
    expect((await door.head('/bucket/parted?partNumber=3')).status).toBe(416);
    expect((await door.get('/bucket/parted')).headers.has('x-amz-mp-parts-count')).toBe(false);
  });

  test('of an object in one piece are one', async () => {
    const got = await door.get('/bucket/digits?partNumber=1');
    expect([got.text, got.headers.has('x-amz-mp-parts-count')]).toEqual(['123456789', false]);
    expect(errorCode(await door.get('/bucket/digits?partNumber=2'))).toBe('InvalidPartNumber');
    await door.put('/bucket/empty', '');
    expect(await door.get('/bucket/empty?partNumber=1')).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    ['0', [], 'InvalidArgument'],
    ['x', [], 'InvalidArgument'],
    ['1', [['range', 'bytes=0-1']], 'InvalidRequest'],
  ] as const)('partNumber=%s with %j is refused', async (number, headers, code) => {
    expect(errorCode(await door.get(`/bucket/digits?partNumber=${number}`, headers))).toBe(code);
  });
});

test('a part and a range together are refused whether the object is there or not', async () => {
  for (const key of ['digits', 'none']) {
    const refused = await door.get(`/bucket/${key}?partNumber=1`, [['range', 'bytes=0-']]);
    expect([refused.status, errorCode(refused)]).toEqual([400, 'InvalidRequest']);
  }
});

describe('headers of one answer', () => {
  test('are set by the query', async () => {
    const query = [
      'response-cache-control=no-store',
      'response-content-disposition=attachment%3B%20filename%3D%22%C3%A9%22',
      'response-content-encoding=x',
      'response-content-language=de',
      'response-content-type=text%2Fplain',
      'response-expires=never',
    ].join('&');
    for (const { status, headers } of [
      await door.get(`/bucket/digits?${query}`),
      await door.head(`/bucket/digits?${query}`),
    ]) {
      expect([
        status,
        ...['cache-control', 'content-disposition', 'content-encoding'].map((n) => headers.get(n)),
      ]).toEqual([200, 'no-store', 'attachment; filename="\xc3\xa9"', 'x']);
      expect(['content-language', 'content-type', 'expires'].map((name) => headers.get(name))).toEqual([
        'de',
        'text/plain',
        'never',
      ]);
    }
  });

  test('cannot begin another header', async () => {
    const got = await door.get('/bucket/digits?response-content-type=a%0D%0Ax-injected%3A%20b');
    expect([got.status, errorCode(got), got.headers.has('x-injected')]).toEqual([400, 'InvalidArgument', false]);
  });
});

describe('conditions', () => {
  test('are judged before a range that cannot be satisfied', async () => {
    const etag = (await door.head('/bucket/digits')).headers.get('etag') as string;
    const beyond = ['range', 'bytes=100-'] as const;
    expect((await door.get('/bucket/digits', [beyond, ['if-none-match', etag]])).status).toBe(304);
    const failed = await door.get('/bucket/digits', [beyond, ['if-match', '"other"']]);
    expect([failed.status, elementTexts(failed.text, 'Condition')]).toEqual([412, ['If-Match']]);
    expect((await door.get('/bucket/digits', [beyond, ['if-match', etag]])).status).toBe(416);
    expect((await door.head('/bucket/digits', [beyond, ['if-none-match', etag]])).status).toBe(304);
  });

  test('that hold are answered with what caches need', async () => {
    await door.put('/bucket/cached', 'x', [['cache-control', 'max-age=5']]);
    const etag = (await door.head('/bucket/cached')).headers.get('etag') as string;
    const { status, headers } = await door.get('/bucket/cached', [['if-none-match', etag]]);
    expect([status, headers.get('etag'), headers.get('cache-control'), headers.has('content-type')]).toEqual([
      304,
      etag,
      'max-age=5',
      false,
    ]);
  });

  test('of time are in whole seconds, and come after those of ETags', async () => {
    const { headers } = await door.head('/bucket/digits');
    const [etag, modified] = [headers.get('etag') as string, headers.get('last-modified') as string];
    const before = new Date(Date.parse(modified) - 1000).toUTCString();
    const statuses = [
      [['if-modified-since', modified]],
      [['if-modified-since', before]],
      [['if-unmodified-since', before]],
      [
        ['if-match', etag],
        ['if-unmodified-since', before],
      ],
      [
        ['if-none-match', '"other"'],
        ['if-modified-since', modified],
      ],
    ] as const;
    const answers = [];
    for (const conditions of statuses) answers.push((await door.get('/bucket/digits', conditions)).status);
    expect(answers).toEqual([304, 200, 412, 200, 200]);
  });
});

describe('attributes', () => {
  const named = (names: string) => [['x-amz-object-attributes', names]] as const;

  test('of an object are told as they are asked for', async () => {
    const etag = (await door.head('/bucket/digits')).headers.get('etag')?.replaceAll('"', '');
    const all = await door.get(
      '/bucket/digits?attributes',
      named('ObjectSize,ETag, Checksum,StorageClass,ObjectParts'),
    );
    expect(all.status).toBe(200);
    const checksum = `<ChecksumCRC32>${crc32[1]}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>`;
    const rest = '<StorageClass>STANDARD</StorageClass><ObjectSize>9</ObjectSize></GetObjectAttributesResponse>';
    expect(all.text).toContain(`<ETag>${etag}</ETag><Checksum>${checksum}</Checksum>${rest}`);
    expect(Date.parse(all.headers.get('last-modified') ?? '')).toBeGreaterThan(0);
    const size = await door.get('/bucket/digits?attributes', named('ObjectSize'));
    expect(size.text).toMatch(/<GetObjectAttributesResponse [^>]*><ObjectSize>9<\/ObjectSize><\//);
  });

  test('of an object in parts list these by page', async () => {
    await putParts('attributed');
    const parts = (...headers: (readonly [string, string])[]) =>
      door.get('/bucket/attributed?attributes', [...named('ObjectParts'), ...headers]);
    const all = (await parts()).text;
    expect([elementTexts(all, 'PartsCount'), elementTexts(all, 'Size'), elementTexts(all, 'IsTruncated')]).toEqual([
      ['2'],
      [String(5 * 2 ** 20), '3'],
      ['false'],
    ]);
    const first = (await parts(['x-amz-max-parts', '1'])).text;
    expect([elementTexts(first, 'PartNumber'), elementTexts(first, 'IsTruncated')]).toEqual([['1'], ['true']]);
    const marker = elementTexts(first, 'NextPartNumberMarker')[0] as string;
    const second = (await parts(['x-amz-part-number-marker', marker])).text;
    expect([elementTexts(second, 'PartNumber'), elementTexts(second, 'IsTruncated')]).toEqual([['2'], ['false']]);
    expect(errorCode(await parts(['x-amz-max-parts', 'x']))).toBe('InvalidArgument');
  });

  test('that nobody knows, or none at all, are refused', async () => {
    expect(errorCode(await door.get('/bucket/digits?attributes', named('Colour')))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/bucket/digits?attributes'))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/bucket/none?attributes', named('ETag')))).toBe('NoSuchKey');
  });
});
