import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

describe('buckets', () => {
  test('are made, made again, seen, listed and deleted', async () => {
    expect(await door.put('/made', '')).toMatchObject({ status: 200 });
    expect(await door.put('/made', '')).toMatchObject({ status: 200 });
    expect(await door.ask({ method: 'HEAD', target: '/made' })).toMatchObject({ status: 200, text: '' });
    const listed = await door.get('/');
    expect(elementTexts(listed.text, 'Name')).toEqual(['bucket', 'made']);
    expect(listed.headers.get('content-type')).toBe('application/xml');
    expect((await door.get('/made?location')).text).toContain('<LocationConstraint xmlns');
    expect(await door.ask({ method: 'DELETE', target: '/made' })).toMatchObject({ status: 204 });
    expect(errorCode(await door.get('/made?location'))).toBe('NoSuchBucket');
    expect(await door.ask({ method: 'HEAD', target: '/made' })).toMatchObject({ status: 404, text: '' });
  });

  test('take a region, and name what else of the configuration is not supported', async () => {
    const region = '<LocationConstraint>eu-west-1</LocationConstraint>';
    const configuration = (content: string) => `<CreateBucketConfiguration>${content}</CreateBucketConfiguration>`;
    expect(await door.put('/region', configuration(region))).toMatchObject({ status: 200 });
    expect(errorCode(await door.put('/region2', configuration('<Tags/>')))).toBe('NotImplemented');
    expect(errorCode(await door.put('/region2', '<oops'))).toBe('MalformedXML');
    expect(errorCode(await door.get('/region2?location'))).toBe('NoSuchBucket');
    await door.ask({ method: 'DELETE', target: '/region' });
  });

  test('are deleted only when empty', async () => {
    await door.put('/full', '');
    await door.put('/full/key', 'x');
    expect(errorCode(await door.ask({ method: 'DELETE', target: '/full' }))).toBe('BucketNotEmpty');
    await door.ask({ method: 'DELETE', target: '/full/key' });
    expect(await door.ask({ method: 'DELETE', target: '/full' })).toMatchObject({ status: 204 });
  });
});

describe('listings', () => {
  const names = ['a', 'b/1', 'b/2', 'c', 'd/1', 'e'];

  beforeAll(async () => {
    await door.put('/listed', '');
    for (const name of names) await door.put(`/listed/${name}`, name);
  });

  async function list(query: string) {
    const { text } = await door.get(`/listed?list-type=2${query}`);
    return {
      keys: elementTexts(text, 'Key'),
      prefixes: [...text.matchAll(/<CommonPrefixes><Prefix>([^<]*)/g)].map((match) => match[1]),
      count: elementTexts(text, 'KeyCount')[0],
      truncated: elementTexts(text, 'IsTruncated')[0],
      next: elementTexts(text, 'NextContinuationToken')[0],
    };
  }

  test.each([
    ['', names, []],
    ['&prefix=b', ['b/1', 'b/2'], []],
    ['&prefix=none', [], []],
    ['&start-after=b%2F1', ['b/2', 'c', 'd/1', 'e'], []],
  ])('with %s', async (query, keys, prefixes) => {
    expect(await list(query)).toMatchObject({ keys, prefixes, count: String(keys.length), truncated: 'false' });
  });

  test('roll up', async () => {
    const { text } = await door.ask({ method: 'GET', target: '/listed?delimiter=%2F&list-type=2' });
    expect(elementTexts(text, 'Key')).toEqual(['a', 'c', 'e']);
    expect(text).toContain('<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>d/</Prefix>');
    expect(elementTexts(text, 'KeyCount')).toEqual(['5']);
  });

  test.each([1, 2, 4, 6])('page by %d without gap or repetition', async (size) => {
    const seen: string[] = [];
    let token = '';
    do {
      const continued = token === '' ? '' : `continuation-token=${token}&`;
      const { text } = await door.get(`/listed?${continued}list-type=2&max-keys=${size}`);
      seen.push(...elementTexts(text, 'Key'));
      token = encodeURIComponent(elementTexts(text, 'NextContinuationToken')[0] ?? '');
      expect(elementTexts(text, 'IsTruncated')).toEqual([token === '' ? 'false' : 'true']);
    } while (token !== '');
    expect(seen).toEqual(names);
  });

  test('of no keys at all', async () => {
    const { text } = await door.get('/listed?list-type=2&max-keys=0');
    expect([elementTexts(text, 'KeyCount'), elementTexts(text, 'IsTruncated')]).toEqual([['0'], ['false']]);
  });

  test('refuse a token that was never given out', async () => {
    expect(errorCode(await door.get('/listed?continuation-token=%2A%2A&list-type=2'))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/nowhere?list-type=2'))).toBe('NoSuchBucket');
  });
});

describe('deleting many', () => {
  test('answers for each key by itself', async () => {
    await door.put('/bucket/one', '1');
    const body = `<Delete>
      <Object><Key>one</Key></Object>
      <Object><Key>never</Key></Object>
      <Object><Key>two</Key><VersionId>1</VersionId></Object>
      <Object><Key></Key></Object>
    </Delete>`;
    const { status, text } = await door.ask({ method: 'POST', target: '/bucket?delete', body });
    expect(status).toBe(200);
    expect(text).toContain('<Deleted><Key>one</Key></Deleted><Deleted><Key>never</Key></Deleted>');
    expect(elementTexts(text, 'Code')).toEqual(['NotImplemented', 'InvalidArgument']);
    expect(errorCode(await door.get('/bucket/one'))).toBe('NoSuchKey');
  });

  test.each([
    ['no keys', '<Delete></Delete>', 'MalformedXML'],
    ['too many keys', `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`, 'MalformedXML'],
    ['a DOCTYPE', '<!DOCTYPE Delete><Delete><Object><Key>k</Key></Object></Delete>', 'MalformedXML'],
    ['another document', '<CompleteMultipartUpload/>', 'MalformedXML'],
    ['what is not understood', '<Delete><All/></Delete>', 'NotImplemented'],
    ['too large a document', `<Delete>${' '.repeat(4 * 2 ** 20)}</Delete>`, 'MaxMessageLengthExceeded'],
  ])('refuses %s', async (_, body, code) => {
    expect(errorCode(await door.ask({ method: 'POST', target: '/bucket?delete', body }))).toBe(code);
  });
});
