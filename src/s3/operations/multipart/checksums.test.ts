import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

const bodies = [Buffer.alloc(5 * 2 ** 20, 'a'), Buffer.from('the end')];
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const crc32Text = (bytes: Uint8Array) => {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(bytes));
  return digest.toString('base64');
};
const composite = `${sha256(Buffer.concat(bodies.map(sha256))).toString('base64')}-2`;
const enabled = ['x-amz-checksum-mode', 'ENABLED'] as const;

type Started = { readonly target: string; readonly etags: readonly string[] };

/** An upload with both parts, each sent with its checksum. */
async function upload(key: string, algorithm: 'SHA256' | 'CRC32', type: string): Promise<Started> {
  const started = await door.post(`/bucket/${key}?uploads`, '', [
    ['x-amz-checksum-algorithm', algorithm],
    ['x-amz-checksum-type', type],
  ]);
  expect([started.headers.get('x-amz-checksum-algorithm'), started.headers.get('x-amz-checksum-type')]).toEqual([
    algorithm,
    type,
  ]);
  const id = elementTexts(started.text, 'UploadId')[0];
  const etags = [];
  for (const [at, body] of bodies.entries()) {
    const header = [`x-amz-checksum-${algorithm.toLowerCase()}`, partText(algorithm, body)] as const;
    const part = await door.put(`/bucket/${key}?partNumber=${at + 1}&uploadId=${id}`, body, [header]);
    expect(part.headers.get(header[0])).toBe(header[1]);
    etags.push(part.headers.get('etag') as string);
  }
  return { target: `/bucket/${key}?uploadId=${id}`, etags };
}

function partText(algorithm: 'SHA256' | 'CRC32', body: Uint8Array): string {
  return algorithm === 'SHA256' ? sha256(body).toString('base64') : crc32Text(body);
}

function document(etags: readonly string[], checksums: readonly string[] = []): string {
  const parts = etags.map(
    (etag, at) => `<Part>${checksums[at] ?? ''}<ETag>${etag}</ETag><PartNumber>${at + 1}</PartNumber></Part>`,
  );
  return `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
}

describe('an upload with composite checksums', () => {
  test('tells that of the whole, and of how many parts it is', async () => {
    const { target, etags } = await upload('composite', 'SHA256', 'COMPOSITE');
    const listed = await door.get(target);
    expect(elementTexts(listed.text, 'ChecksumSHA256')).toEqual(bodies.map((body) => sha256(body).toString('base64')));
    expect([elementTexts(listed.text, 'ChecksumAlgorithm'), elementTexts(listed.text, 'ChecksumType')]).toEqual([
      ['SHA256'],
      ['COMPOSITE'],
    ]);
    const uploads = await door.get('/bucket?uploads');
    expect(elementTexts(uploads.text, 'ChecksumAlgorithm')).toEqual(['SHA256']);
    const named = bodies.map((body) => `<ChecksumSHA256>${sha256(body).toString('base64')}</ChecksumSHA256>`);
    const headers = [
      ['x-amz-checksum-sha256', composite],
      ['x-amz-checksum-type', 'COMPOSITE'],
      ['x-amz-mp-object-size', String(5 * 2 ** 20 + 7)],
    ] as const;
    const completed = await door.post(target, document(etags, named), headers);
    expect([elementTexts(completed.text, 'ChecksumSHA256'), elementTexts(completed.text, 'ChecksumType')]).toEqual([
      [composite],
      ['COMPOSITE'],
    ]);
    const head = await door.head('/bucket/composite', [enabled]);
    expect([head.headers.get('x-amz-checksum-sha256'), head.headers.get('x-amz-checksum-type')]).toEqual([
      composite,
      'COMPOSITE',
    ]);
    const attributes = await door.get('/bucket/composite?attributes', [['x-amz-object-attributes', 'Checksum']]);
    expect(elementTexts(attributes.text, 'ChecksumSHA256')).toEqual([composite.replace('-2', '')]);
  });

  test('is not completed with what does not fit, and stays open', async () => {
    const { target, etags } = await upload('unfit', 'SHA256', 'COMPOSITE');
    const wrong = Buffer.alloc(32).toString('base64');
    const cases = [
      [[['x-amz-checksum-sha256', `${wrong}-2`]], [], 'BadDigest'],
      [[['x-amz-checksum-sha256', composite.replace('-2', '-3')]], [], 'BadDigest'],
      [[['x-amz-checksum-crc32', 'AAAAAA==']], [], 'InvalidRequest'],
      [[['x-amz-checksum-type', 'FULL_OBJECT']], [], 'InvalidRequest'],
      [[['x-amz-checksum-type', 'WHOLE']], [], 'InvalidRequest'],
      [[['x-amz-mp-object-size', '7']], [], 'InvalidRequest'],
      [[['x-amz-mp-object-size', 'x']], [], 'InvalidArgument'],
      [[], [`<ChecksumSHA256>${wrong}</ChecksumSHA256>`], 'InvalidPart'],
      [[], ['<ChecksumSHA256>AAAA</ChecksumSHA256>'], 'InvalidRequest'],
      [[['if-match', '"other"']], [], 'NoSuchKey'],
    ] as const;
    for (const [headers, checksums, code] of cases) {
      expect([headers, errorCode(await door.post(target, document(etags, checksums), headers))]).toEqual([
        headers,
        code,
      ]);
    }
    expect((await door.post(target, document(etags), [['if-none-match', '*']])).status).toBe(200);
  });
});

describe('an upload with checksums of the full object', () => {
  test('joins them to that of all bytes', async () => {
    const { target, etags } = await upload('joined', 'CRC32', 'FULL_OBJECT');
    const whole = crc32Text(Buffer.concat(bodies));
    const completed = await door.post(target, document(etags), [['x-amz-checksum-crc32', whole]]);
    expect([elementTexts(completed.text, 'ChecksumCRC32'), elementTexts(completed.text, 'ChecksumType')]).toEqual([
      [whole],
      ['FULL_OBJECT'],
    ]);
    const got = await door.get('/bucket/joined', [enabled]);
    expect([got.headers.get('x-amz-checksum-crc32'), crc32Text(got.body)]).toEqual([whole, whole]);
  });
});

test.each([
  [[['x-amz-checksum-algorithm', 'MD5']], 'InvalidRequest'],
  [[['x-amz-checksum-type', 'COMPOSITE']], 'InvalidRequest'],
  [
    [
      ['x-amz-checksum-algorithm', 'SHA1'],
      ['x-amz-checksum-type', 'FULL_OBJECT'],
    ],
    'InvalidRequest',
  ],
] as const)('no upload begins with %j', async (headers, code) => {
  expect(errorCode(await door.post('/bucket/none?uploads', '', headers))).toBe(code);
});

test('a completion that is repeated has the same answer', async () => {
  const { target, etags } = await upload('repeated', 'CRC32', 'FULL_OBJECT');
  const checksum = ['x-amz-checksum-crc32', crc32Text(Buffer.concat(bodies))] as const;
  const [first, second] = [
    await door.post(target, document(etags), [checksum]),
    await door.post(target, document(etags), [checksum]),
  ];
  expect([second.status, second.text]).toEqual([200, first.text]);
});

test('a part copied from an object with a composite checksum has none: that is not of its bytes', async () => {
  const { target, etags } = await upload('composed', 'CRC32', 'COMPOSITE');
  expect((await door.post(target, document(etags))).text).toContain('<ChecksumCRC32>');
  const started = await door.post('/bucket/copied?uploads', '', [['x-amz-checksum-algorithm', 'CRC32']]);
  const id = elementTexts(started.text, 'UploadId')[0];
  const part = await door.put(`/bucket/copied?partNumber=1&uploadId=${id}`, '', [
    ['x-amz-copy-source', 'bucket/composed'],
  ]);
  expect([part.status, elementTexts(part.text, 'ChecksumCRC32')]).toEqual([200, []]);
});
