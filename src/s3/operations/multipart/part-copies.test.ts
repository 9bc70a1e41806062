import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';
import { seededRandom } from '../../../base/random.ts';

let door: TestDoor;
const bytes = seededRandom(7).bytes(6 * 2 ** 20);

beforeAll(async () => {
  door = await startTestDoor();
  await door.put('/bucket/source', bytes);
});

afterAll(async () => {
  await door.server.abort();
});

async function start(key: string): Promise<string> {
  return elementTexts((await door.post(`/bucket/${key}?uploads`)).text, 'UploadId')[0] as string;
}

function copyPart(target: string, ...headers: (readonly [string, string])[]) {
  return door.put(target, '', [['x-amz-copy-source', 'bucket/source'], ...headers]);
}

test('a range and a whole object become parts', async () => {
  const id = await start('joined');
  const etags = [];
  const range = ['x-amz-copy-source-range', `bytes=1-${5 * 2 ** 20}`] as const;
  for (const [at, headers] of [[range], []].entries()) {
    const { status, text } = await copyPart(`/bucket/joined?partNumber=${at + 1}&uploadId=${id}`, ...headers);
    expect([status, text]).toEqual([200, expect.stringContaining('<CopyPartResult')]);
    etags.push(elementTexts(text, 'ETag')[0]);
  }
  const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const document = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  expect((await door.post(`/bucket/joined?uploadId=${id}`, document)).status).toBe(200);
  const expected = Buffer.concat([bytes.subarray(1, 5 * 2 ** 20 + 1), bytes]);
  expect((await door.get('/bucket/joined')).body.equals(expected)).toBe(true);
});

test.each([
  ['bytes=0-', 'InvalidArgument'],
  ['bytes=-5', 'InvalidArgument'],
  ['bytes=5-2', 'InvalidArgument'],
  ['0-5', 'InvalidArgument'],
  ['bytes=0-1,3-4', 'InvalidArgument'],
  [`bytes=0-${bytes.byteLength}`, 'InvalidArgument'],
])('the range %s is refused', async (range, code) => {
  const id = await start('refused');
  const target = `/bucket/refused?partNumber=1&uploadId=${id}`;
  expect(errorCode(await copyPart(target, ['x-amz-copy-source-range', range]))).toBe(code);
  expect(elementTexts((await door.get(`/bucket/refused?uploadId=${id}`)).text, 'PartNumber')).toEqual([]);
});

test('conditions of the source, its absence and that of the upload are told', async () => {
  const id = await start('failed');
  const target = `/bucket/failed?partNumber=1&uploadId=${id}`;
  const other = ['x-amz-copy-source-if-match', '"other"'] as const;
  expect(errorCode(await copyPart(target, other))).toBe('PreconditionFailed');
  expect(errorCode(await door.put(target, '', [['x-amz-copy-source', 'bucket/none']]))).toBe('NoSuchKey');
  const gone = `/bucket/failed?partNumber=1&uploadId=${'0'.repeat(16)}`;
  expect(errorCode(await copyPart(gone))).toBe('NoSuchUpload');
  expect(errorCode(await copyPart(`/bucket/failed?partNumber=0&uploadId=${id}`))).toBe('InvalidArgument');
});

test('the version that was copied is told', async () => {
  await door.put('/versions', '');
  await door.put('/versions?versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  const version = (await door.put('/versions/key', 'old')).headers.get('x-amz-version-id');
  await door.put('/versions/key', 'new');
  const target = `/bucket/versioned?partNumber=1&uploadId=${await start('versioned')}`;
  const copied = await door.put(target, '', [['x-amz-copy-source', `versions/key?versionId=${version}`]]);
  expect(copied.headers.get('x-amz-copy-source-version-id')).toBe(version);
});

test('a delete marker that is named as the source is refused, by a copy as well', async () => {
  await door.put('/marked', '');
  await door.put('/marked?versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  const marker = (await door.delete('/marked/key')).headers.get('x-amz-version-id');
  const source = [['x-amz-copy-source', `marked/key?versionId=${marker}`]] as const;
  for (const target of [`/bucket/marked?partNumber=1&uploadId=${await start('marked')}`, '/bucket/marked']) {
    const refused = await door.put(target, '', source);
    expect([refused.status, errorCode(refused)]).toEqual([400, 'InvalidRequest']);
    expect(errorCode(await door.put(target, '', [['x-amz-copy-source', 'marked/key']]))).toBe('NoSuchKey');
  }
});
