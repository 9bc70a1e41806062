import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

const tag = (key: string, value: string) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const tagging = (...tags: readonly string[]) => `<Tagging><TagSet>${tags.join('')}</TagSet></Tagging>`;
const many = (count: number) => Array.from({ length: count }, (_, at) => tag(`k${at}`, 'v'));

async function tagsOf(target: string): Promise<Record<string, string | undefined>> {
  const { text } = await door.get(`${target}?tagging`);
  const [keys, values] = [elementTexts(text, 'Key'), elementTexts(text, 'Value')];
  return Object.fromEntries(keys.map((key, at) => [key, values[at]]));
}

describe('tags of an object', () => {
  test('come with it, are counted, replaced and taken away', async () => {
    await door.put('/bucket/key', 'x', [['x-amz-tagging', 'colour=deep+blue&empty=']]);
    expect(await tagsOf('/bucket/key')).toEqual({ colour: 'deep blue', empty: '' });
    expect((await door.head('/bucket/key')).headers.get('x-amz-tagging-count')).toBe('2');
    expect((await door.put('/bucket/key?tagging', tagging(tag('a', 'ä')))).status).toBe(200);
    expect(await tagsOf('/bucket/key')).toEqual({ a: 'ä' });
    expect((await door.get('/bucket/key')).text).toBe('x');
    expect((await door.delete('/bucket/key?tagging')).status).toBe(204);
    expect(await tagsOf('/bucket/key')).toEqual({});
    expect((await door.head('/bucket/key')).headers.has('x-amz-tagging-count')).toBe(false);
  });

  test('are of one version', async () => {
    await door.put('/versions', '');
    await door.put(
      '/versions?versioning',
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    );
    const old = (await door.put('/versions/key', '1')).headers.get('x-amz-version-id');
    await door.put('/versions/key', '2');
    const put = await door.put(`/versions/key?tagging&versionId=${old}`, tagging(tag('a', '1')));
    expect([put.status, put.headers.get('x-amz-version-id')]).toEqual([200, old]);
    expect(await tagsOf('/versions/key')).toEqual({});
    const got = await door.get(`/versions/key?tagging&versionId=${old}`);
    expect([elementTexts(got.text, 'Key'), got.headers.get('x-amz-version-id')]).toEqual([['a'], old]);
    expect((await door.delete(`/versions/key?tagging&versionId=${old}`)).headers.get('x-amz-version-id')).toBe(old);
  });

  test('go with a copy, unless they are replaced', async () => {
    await door.put('/bucket/source', 'x', [['x-amz-tagging', 'a=1']]);
    const source = ['x-amz-copy-source', 'bucket/source'] as const;
    await door.put('/bucket/copy', '', [source]);
    expect(await tagsOf('/bucket/copy')).toEqual({ a: '1' });
    await door.put('/bucket/copy', '', [source, ['x-amz-tagging-directive', 'REPLACE'], ['x-amz-tagging', 'b=2']]);
    expect(await tagsOf('/bucket/copy')).toEqual({ b: '2' });
    await door.put('/bucket/copy', '', [source, ['x-amz-tagging-directive', 'REPLACE']]);
    expect(await tagsOf('/bucket/copy')).toEqual({});
    expect(errorCode(await door.put('/bucket/copy', '', [source, ['x-amz-tagging', 'b=2']]))).toBe('InvalidRequest');
    const other = ['x-amz-tagging-directive', 'MERGE'] as const;
    expect(errorCode(await door.put('/bucket/copy', '', [source, other]))).toBe('InvalidArgument');
  });

  test('come with an upload', async () => {
    const started = await door.post('/bucket/uploaded?uploads', '', [['x-amz-tagging', 'a=1']]);
    const id = elementTexts(started.text, 'UploadId')[0];
    const etag = (await door.put(`/bucket/uploaded?partNumber=1&uploadId=${id}`, 'x')).headers.get('etag');
    const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
    await door.post(`/bucket/uploaded?uploadId=${id}`, `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
    expect(await tagsOf('/bucket/uploaded')).toEqual({ a: '1' });
  });

  test.each([
    ['too many', tagging(...many(11)), 'BadRequest'],
    ['a key twice', tagging(tag('a', '1'), tag('a', '2')), 'InvalidTag'],
    ['an empty key', tagging(tag('', '1')), 'InvalidTag'],
    ['a reserved key', tagging(tag('aws:a', '1')), 'InvalidTag'],
    ['a character that is not allowed', tagging(tag('a', '{}')), 'InvalidTag'],
    ['no value', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>', 'MalformedXML'],
    ['no set', '<Tagging/>', 'MalformedXML'],
    ['something else', tagging('<Other/>'), 'NotImplemented'],
  ])('are not changed by %s', async (_, document, code) => {
    await door.put('/bucket/kept', 'x', [['x-amz-tagging', 'a=1']]);
    expect(errorCode(await door.put('/bucket/kept?tagging', document))).toBe(code);
    expect(await tagsOf('/bucket/kept')).toEqual({ a: '1' });
  });

  test('are refused before the body is taken', async () => {
    expect(errorCode(await door.put('/bucket/bad', 'x', [['x-amz-tagging', 'a=1&a=2']]))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/bucket/bad'))).toBe('NoSuchKey');
    for (const ask of [door.get('/bucket/bad?tagging'), door.delete('/bucket/bad?tagging')]) {
      expect(errorCode(await ask)).toBe('NoSuchKey');
    }
  });
});

describe('tags of a bucket', () => {
  test('are put, told and taken away', async () => {
    expect(errorCode(await door.get('/bucket?tagging'))).toBe('NoSuchTagSet');
    expect((await door.put('/bucket?tagging', tagging(...many(50)))).status).toBe(204);
    expect(Object.keys(await tagsOf('/bucket'))).toHaveLength(50);
    expect(errorCode(await door.put('/bucket?tagging', tagging(...many(51))))).toBe('BadRequest');
    expect((await door.delete('/bucket?tagging')).status).toBe(204);
    expect(errorCode(await door.get('/bucket?tagging'))).toBe('NoSuchTagSet');
    expect(errorCode(await door.put('/nowhere?tagging', tagging()))).toBe('NoSuchBucket');
  });
});
