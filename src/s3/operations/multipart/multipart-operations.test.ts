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

describe('multipart uploads', () => {
  const fiveMebibytes = seededRandom(5).bytes(5 * 2 ** 20);

  async function start(key: string): Promise<string> {
    const { text } = await door.ask({
      method: 'POST',
      target: `/bucket/${key}?uploads`,
      headers: [['x-amz-meta-a', 'b']],
    });
    return elementTexts(text, 'UploadId')[0] as string;
  }

  async function part(key: string, id: string, number: number, bytes: Uint8Array | string): Promise<string> {
    const { headers } = await door.put(`/bucket/${key}?partNumber=${number}&uploadId=${id}`, bytes);
    return headers.get('etag') as string;
  }

  function complete(key: string, id: string, parts: readonly (readonly [number, string])[]) {
    const elements = parts.map(
      ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${elements.join('')}</CompleteMultipartUpload>`;
    return door.ask({ method: 'POST', target: `/bucket/${key}?uploadId=${id}`, body });
  }

  test('join their parts, uploaded out of order', async () => {
    const id = await start('whole');
    const last = await part('whole', id, 7, 'the end');
    const first = await part('whole', id, 2, fiveMebibytes);
    const listed = await door.get(`/bucket/whole?uploadId=${id}`);
    expect([elementTexts(listed.text, 'PartNumber'), elementTexts(listed.text, 'Size')]).toEqual([
      ['2', '7'],
      ['5242880', '7'],
    ]);
    const page = await door.get(`/bucket/whole?max-parts=1&part-number-marker=0&uploadId=${id}`);
    expect([
      elementTexts(page.text, 'PartNumber'),
      elementTexts(page.text, 'IsTruncated'),
      elementTexts(page.text, 'NextPartNumberMarker'),
    ]).toEqual([['2'], ['true'], ['2']]);
    const completed = await complete('whole', id, [
      [2, first],
      [7, last.replaceAll('"', '')],
    ]);
    expect([completed.status, elementTexts(completed.text, 'Key')]).toEqual([200, ['whole']]);
    const got = await door.get('/bucket/whole');
    expect(got.body.equals(Buffer.concat([fiveMebibytes, Buffer.from('the end')]))).toBe(true);
    expect(got.headers.get('etag')).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(got.headers.get('x-amz-meta-a')).toBe('b');
    expect(errorCode(await door.get(`/bucket/whole?uploadId=${id}`))).toBe('NoSuchUpload');
  });

  test('are listed by key, and aborted', async () => {
    const ids = [await start('up/b'), await start('up/a'), await start('up/a')];
    const listed = await door.get('/bucket?prefix=up%2F&uploads');
    expect(elementTexts(listed.text, 'Key')).toEqual(['up/a', 'up/a', 'up/b']);
    const [firstId, secondId] = elementTexts(listed.text, 'UploadId');
    const markers = `key-marker=up%2Fa&max-uploads=1&prefix=up%2F&upload-id-marker=${firstId}`;
    const page = await door.get(`/bucket?${markers}&uploads`);
    expect([elementTexts(page.text, 'UploadId'), elementTexts(page.text, 'IsTruncated')]).toEqual([
      [secondId],
      ['true'],
    ]);
    for (const [at, key] of ['up/b', 'up/a', 'up/a'].entries()) {
      const target = `/bucket/${key}?uploadId=${ids[at]}`;
      expect((await door.ask({ method: 'DELETE', target })).status).toBe(204);
      expect(errorCode(await door.ask({ method: 'DELETE', target }))).toBe('NoSuchUpload');
    }
    expect(elementTexts((await door.get('/bucket?prefix=up%2F&uploads')).text, 'Key')).toEqual([]);
  });

  test('are listed rolled up, and page by page', async () => {
    for (const key of ['page/a/1', 'page/a/2', 'page/b', 'page/c']) await start(key);
    const first = await door.get('/bucket?delimiter=%2F&max-uploads=2&prefix=page%2F&uploads');
    expect([elementTexts(first.text, 'Key'), first.text]).toEqual([
      ['page/b'],
      expect.stringContaining('<CommonPrefixes><Prefix>page/a/</Prefix></CommonPrefixes>'),
    ]);
    const [key, id] = [elementTexts(first.text, 'NextKeyMarker')[0], elementTexts(first.text, 'NextUploadIdMarker')[0]];
    const markers = `key-marker=${encodeURIComponent(key as string)}&prefix=page%2F&upload-id-marker=${id}`;
    const second = await door.get(`/bucket?delimiter=%2F&${markers}&uploads`);
    expect([elementTexts(second.text, 'Key'), elementTexts(second.text, 'IsTruncated')]).toEqual([
      ['page/c'],
      ['false'],
    ]);
    const after = await door.get('/bucket?delimiter=%2F&key-marker=page%2Fa%2F&prefix=page%2F&uploads');
    expect([elementTexts(after.text, 'Key'), elementTexts(after.text, 'CommonPrefixes')]).toEqual([
      ['page/b', 'page/c'],
      [],
    ]);
    expect(errorCode(await door.get('/bucket?key-marker=a&upload-id-marker=x&uploads'))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/nowhere?uploads'))).toBe('NoSuchBucket');
  });

  test('are listed with keys rolled up at a delimiter, page by page', async () => {
    const ids = new Map<string, string>();
    for (const key of ['roll/a/1', 'roll/a/2', 'roll/b', 'roll/c/1']) ids.set(key, await start(key));
    const list = async (markers: string) => {
      const { text } = await door.get(`/bucket?delimiter=%2F&${markers}prefix=roll%2F&uploads`);
      const [, ...prefixes] = elementTexts(text, 'Prefix');
      return { prefixes, keys: elementTexts(text, 'Key'), next: elementTexts(text, 'NextKeyMarker') };
    };
    expect(await list('')).toEqual({ prefixes: ['roll/a/', 'roll/c/'], keys: ['roll/b'], next: [] });
    expect(await list('max-uploads=1&')).toEqual({ prefixes: ['roll/a/'], keys: [], next: ['roll/a/'] });
    expect(await list('key-marker=roll%2Fa%2F&max-uploads=1&')).toEqual({
      prefixes: [],
      keys: ['roll/b'],
      next: ['roll/b'],
    });
    expect(await list('key-marker=roll%2Fb&')).toEqual({ prefixes: ['roll/c/'], keys: [], next: [] });
    const all = await door.get('/bucket?delimiter=&prefix=roll%2F&uploads');
    expect(elementTexts(all.text, 'Key')).toEqual([...ids.keys()]);
    for (const [key, id] of ids) await door.ask({ method: 'DELETE', target: `/bucket/${key}?uploadId=${id}` });
  });

  test('have headers of their own, whatever is copied into them', async () => {
    const ask = (directive: string) => {
      const headers = [['x-amz-metadata-directive', directive]] as const;
      return door.ask({ method: 'POST', target: '/bucket/directive?uploads', headers });
    };
    const [id] = elementTexts((await ask('REPLACE')).text, 'UploadId');
    expect((await door.ask({ method: 'DELETE', target: `/bucket/directive?uploadId=${id}` })).status).toBe(204);
    expect(errorCode(await ask('COPY'))).toBe('NotImplemented');
  });

  test('refuse what cannot be joined, and stay open', async () => {
    const id = await start('refused');
    const small = await part('refused', id, 1, 'small');
    const last = await part('refused', id, 2, 'last');
    const cases = [
      [[], 'MalformedXML'],
      [[[1, '"0"']], 'InvalidPart'],
      [[[3, last]], 'InvalidPart'],
      [
        [
          [2, last],
          [1, small],
        ],
        'InvalidPartOrder',
      ],
      [
        [
          [1, small],
          [1, small],
        ],
        'InvalidPartOrder',
      ],
      [
        [
          [1, small],
          [2, last],
        ],
        'EntityTooSmall',
      ],
    ] as const;
    for (const [parts, code] of cases) expect(errorCode(await complete('refused', id, parts))).toBe(code);
    expect(errorCode(await door.put(`/bucket/refused?partNumber=0&uploadId=${id}`, 'x'))).toBe('InvalidArgument');
    expect(errorCode(await door.put(`/bucket/refused?partNumber=1&uploadId=zz`, 'x'))).toBe('NoSuchUpload');
    const extra = `<ETag>${small}</ETag><ChecksumMD5>AAAAAA==</ChecksumMD5>`;
    const element = `<Part><PartNumber>1</PartNumber>${extra}</Part>`;
    const checksums = `<CompleteMultipartUpload>${element}</CompleteMultipartUpload>`;
    const target = `/bucket/refused?uploadId=${id}`;
    expect(errorCode(await door.ask({ method: 'POST', target, body: checksums }))).toBe('NotImplemented');
    expect((await complete('refused', id, [[1, small]])).status).toBe(200);
    expect((await door.get('/bucket/refused')).text).toBe('small');
  });
});
