import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

async function put(key: string, body: string): Promise<string> {
  return (await door.put(`/bucket/${key}`, body)).headers.get('etag') as string;
}

describe('puts on a condition', () => {
  test('make what is not there, once', async () => {
    const absent = ['if-none-match', '*'] as const;
    expect((await door.put('/bucket/new', 'one', [absent])).status).toBe(200);
    const again = await door.put('/bucket/new', 'two', [absent]);
    expect([again.status, errorCode(again)]).toEqual([412, 'PreconditionFailed']);
    expect((await door.get('/bucket/new')).text).toBe('one');
    const all = await Promise.all([1, 2, 3, 4].map((at) => door.put('/bucket/race', String(at), [absent])));
    expect(all.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([200, 412, 412, 412]);
  });

  test('replace what they know, and nothing else', async () => {
    const etag = await put('known', 'one');
    expect(errorCode(await door.put('/bucket/known', 'two', [['if-match', '"other"']]))).toBe('PreconditionFailed');
    expect((await door.put('/bucket/known', 'two', [['if-match', etag]])).status).toBe(200);
    expect(errorCode(await door.put('/bucket/known', 'three', [['if-match', etag]]))).toBe('PreconditionFailed');
    expect((await door.get('/bucket/known')).text).toBe('two');
    expect(errorCode(await door.put('/bucket/unknown', 'x', [['if-match', etag]]))).toBe('NoSuchKey');
  });
});

describe('deletes on a condition', () => {
  test('delete what they know, and nothing else', async () => {
    const etag = await put('deleted', 'x');
    expect(errorCode(await door.delete('/bucket/deleted', [['if-match', '"other"']]))).toBe('PreconditionFailed');
    expect((await door.get('/bucket/deleted')).text).toBe('x');
    expect((await door.delete('/bucket/deleted', [['if-match', etag]])).status).toBe(204);
    expect(errorCode(await door.get('/bucket/deleted'))).toBe('NoSuchKey');
  });

  test('are judged key by key', async () => {
    const [first, second] = [await put('many/1', '1'), await put('many/2', '2')];
    const objects = [`<Object><Key>many/1</Key><ETag>${first}</ETag></Object>`];
    objects.push(`<Object><Key>many/2</Key><ETag>${first}</ETag></Object>`);
    const { text } = await door.post('/bucket?delete', `<Delete>${objects.join('')}</Delete>`);
    expect(text).toContain('<Deleted><Key>many/1</Key></Deleted>');
    expect(text).toContain('<Error><Key>many/2</Key><Code>PreconditionFailed</Code>');
    expect((await door.head('/bucket/many/2')).headers.get('etag')).toBe(second);
  });
});

describe('copies', () => {
  test('are made on conditions of their source', async () => {
    const etag = await put('source', 'hello');
    const modified = (await door.head('/bucket/source')).headers.get('last-modified') as string;
    const before = new Date(Date.parse(modified) - 1000).toUTCString();
    const copy = (...conditions: (readonly [string, string])[]) =>
      door.put('/bucket/target', '', [
        ['x-amz-copy-source', 'bucket/source'],
        ...conditions.map(([name, value]) => [`x-amz-copy-source-${name}`, value] as const),
      ]);
    expect(errorCode(await copy(['if-match', '"other"']))).toBe('PreconditionFailed');
    expect(errorCode(await copy(['if-none-match', etag]))).toBe('PreconditionFailed');
    expect(errorCode(await copy(['if-modified-since', modified]))).toBe('PreconditionFailed');
    expect(errorCode(await copy(['if-unmodified-since', before]))).toBe('PreconditionFailed');
    expect(errorCode(await door.get('/bucket/target'))).toBe('NoSuchKey');
    expect((await copy(['if-match', etag], ['if-unmodified-since', before])).status).toBe(200);
    expect((await copy(['if-none-match', '"other"'], ['if-modified-since', before])).status).toBe(200);
  });

  test('are made on conditions of their target', async () => {
    const etag = await put('replaced', 'old');
    await put('source', 'hello');
    const source = ['x-amz-copy-source', 'bucket/source'] as const;
    expect(errorCode(await door.put('/bucket/replaced', '', [source, ['if-none-match', '*']]))).toBe(
      'PreconditionFailed',
    );
    expect((await door.get('/bucket/replaced')).text).toBe('old');
    expect((await door.put('/bucket/replaced', '', [source, ['if-match', etag]])).status).toBe(200);
    expect((await door.get('/bucket/replaced')).text).toBe('hello');
  });

  test('are made of one version, also onto itself, and say of which', async () => {
    await door.put('/versions', '');
    await door.put(
      '/versions?versioning',
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    );
    const old = (await door.put('/versions/key', 'old')).headers.get('x-amz-version-id') as string;
    await door.put('/versions/key', 'new');
    const copied = await door.put('/versions/key', '', [['x-amz-copy-source', `versions/key?versionId=${old}`]]);
    expect([copied.status, copied.headers.get('x-amz-copy-source-version-id')]).toEqual([200, old]);
    const got = await door.get('/versions/key');
    expect([got.text, got.headers.get('x-amz-version-id')]).toEqual(['old', copied.headers.get('x-amz-version-id')]);
    await door.delete('/versions/key');
    const current = [['x-amz-copy-source', 'versions/key']] as const;
    expect(errorCode(await door.put('/bucket/x', '', current))).toBe('NoSuchKey');
    const unknown = [['x-amz-copy-source', 'versions/key?versionId=00000000000000000000']] as const;
    expect(errorCode(await door.put('/bucket/x', '', unknown))).toBe('NoSuchVersion');
  });

  test('keep the checksum of their source, and no other is computed', async () => {
    await door.put('/bucket/checked', '123456789', [['x-amz-checksum-crc32', 'y/Q5Jg==']]);
    const source = ['x-amz-copy-source', 'bucket/checked'] as const;
    const copied = await door.put('/bucket/checked2', '', [source, ['x-amz-checksum-algorithm', 'CRC32']]);
    expect([elementTexts(copied.text, 'ChecksumCRC32'), elementTexts(copied.text, 'ChecksumType')]).toEqual([
      ['y/Q5Jg=='],
      ['FULL_OBJECT'],
    ]);
    const other = ['x-amz-checksum-algorithm', 'SHA256'] as const;
    expect(errorCode(await door.put('/bucket/checked3', '', [source, other]))).toBe('NotImplemented');
    expect(errorCode(await door.get('/bucket/checked3'))).toBe('NoSuchKey');
  });
});

test('a checksum is answered with its type, and listed', async () => {
  const put = await door.put('/bucket/listed', '123456789', [['x-amz-checksum-crc32c', '4waSgw==']]);
  expect([put.headers.get('x-amz-checksum-crc32c'), put.headers.get('x-amz-checksum-type')]).toEqual([
    '4waSgw==',
    'FULL_OBJECT',
  ]);
  const { text } = await door.get('/bucket?list-type=2&prefix=listed');
  expect([elementTexts(text, 'ChecksumAlgorithm'), elementTexts(text, 'ChecksumType')]).toEqual([
    ['CRC32C'],
    ['FULL_OBJECT'],
  ]);
});

test('the storage class is the one that there is', async () => {
  expect((await door.put('/bucket/class', 'x', [['x-amz-storage-class', 'STANDARD']])).status).toBe(200);
  expect(errorCode(await door.put('/bucket/class', 'x', [['x-amz-storage-class', 'GLACIER']]))).toBe('NotImplemented');
});
