import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

const names = ['a', 'b/1', 'b/2', 'c', 'd/1', 'e'];

beforeAll(async () => {
  door = await startTestDoor();
  await door.put('/listed', '');
  for (const name of names) await door.put(`/listed/${name}`, name);
});

afterAll(async () => {
  await door.server.abort();
});

describe('the second form', () => {
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

describe('the first form', () => {
  test('tells no marker without a delimiter, and goes on after the last key', async () => {
    const first = await door.get('/listed?max-keys=2');
    expect([elementTexts(first.text, 'Key'), elementTexts(first.text, 'IsTruncated')]).toEqual([
      ['a', 'b/1'],
      ['true'],
    ]);
    expect(first.text).toContain('<Marker></Marker>');
    expect(elementTexts(first.text, 'NextMarker')).toEqual([]);
    expect(elementTexts(first.text, 'ID')).toEqual(['copyset-root', 'copyset-root']);
    const second = await door.get('/listed?marker=b%2F1');
    expect([elementTexts(second.text, 'Key'), elementTexts(second.text, 'Marker')]).toEqual([names.slice(2), ['b/1']]);
    expect(elementTexts(second.text, 'IsTruncated')).toEqual(['false']);
  });

  test.each([1, 2, 3, 5])('rolled up, pages by %d without gap or repetition', async (size) => {
    const seen: string[] = [];
    let marker = '';
    do {
      const { text } = await door.get(`/listed?delimiter=%2F&marker=${encodeURIComponent(marker)}&max-keys=${size}`);
      const prefixes = [...text.matchAll(/<CommonPrefixes><Prefix>([^<]*)/g)].map((match) => match[1] as string);
      seen.push(...[...elementTexts(text, 'Key'), ...prefixes].sort());
      marker = elementTexts(text, 'NextMarker')[0] ?? '';
      expect(elementTexts(text, 'IsTruncated')).toEqual([marker === '' ? 'false' : 'true']);
    } while (marker !== '');
    expect(seen).toEqual(['a', 'b/', 'c', 'd/', 'e']);
  });

  test('encodes names where that is asked for, and refuses another encoding', async () => {
    await door.put('/odd', '');
    await door.put('/odd/a%20%01b%2Fc', 'x');
    const { text } = await door.get('/odd?delimiter=%20&encoding-type=url&marker=%01&prefix=a');
    expect(elementTexts(text, 'EncodingType')).toEqual(['url']);
    expect(elementTexts(text, 'Marker')).toEqual(['%01']);
    expect(elementTexts(text, 'Delimiter')).toEqual(['%20']);
    expect(text).toContain('<CommonPrefixes><Prefix>a%20</Prefix></CommonPrefixes>');
    expect(errorCode(await door.get('/odd?encoding-type=xml'))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/nowhere'))).toBe('NoSuchBucket');
  });
});

describe('versions', () => {
  async function put(key: string): Promise<string> {
    return (await door.put(`/versions/${key}`, 'x')).headers.get('x-amz-version-id') as string;
  }

  function entries(text: string): string[] {
    return [...text.matchAll(/<(Version|DeleteMarker)><Key>([^<]*)<\/Key><VersionId>([^<]*)<\/VersionId>/g)].map(
      ([, kind, key, id]) => `${kind} ${key} ${id}`,
    );
  }

  let expected: string[];

  beforeAll(async () => {
    await door.put('/versions', '');
    await door.put('/versions/old', 'x');
    await door.put(
      '/versions?versioning',
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    );
    const [first, second] = [await put('k/1'), await put('k/1')];
    const marker = (await door.delete('/versions/k/1')).headers.get('x-amz-version-id');
    const other = await put('k/2');
    const last = await put('z');
    expected = [
      `DeleteMarker k/1 ${marker}`,
      `Version k/1 ${second}`,
      `Version k/1 ${first}`,
      `Version k/2 ${other}`,
      'Version old null',
      `Version z ${last}`,
    ];
  });

  test('come by key, newest first, with delete markers between them', async () => {
    const { text } = await door.get('/versions?versions');
    expect(entries(text)).toEqual(expected);
    expect(elementTexts(text, 'IsLatest')).toEqual(['true', 'false', 'false', 'true', 'true', 'true']);
    expect(text).toContain('<KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>');
    expect(elementTexts(text, 'StorageClass')).toHaveLength(5);
  });

  test.each([1, 2, 3, 5])('page by %d without gap or repetition', async (size) => {
    const seen: string[] = [];
    let [before, after] = ['', ''];
    for (let isTruncated = true; isTruncated; ) {
      const { text } = await door.get(`/versions?${before}max-keys=${size}&${after}versions`);
      seen.push(...entries(text));
      isTruncated = elementTexts(text, 'IsTruncated')[0] === 'true';
      before = `key-marker=${encodeURIComponent(elementTexts(text, 'NextKeyMarker')[0] ?? '')}&`;
      after = `version-id-marker=${elementTexts(text, 'NextVersionIdMarker')[0]}&`;
    }
    expect(seen).toEqual(expected);
  });

  test('roll up, and go on after the common prefix', async () => {
    const { text } = await door.get('/versions?delimiter=%2F&max-keys=1&versions');
    expect(entries(text)).toEqual([]);
    expect(text).toContain('<CommonPrefixes><Prefix>k/</Prefix></CommonPrefixes>');
    expect(elementTexts(text, 'NextKeyMarker')).toEqual(['k/']);
    const rest = await door.get('/versions?delimiter=%2F&key-marker=k%2F&versions');
    expect(entries(rest.text)).toEqual(expected.slice(4));
  });

  test('refuse markers that mean nothing', async () => {
    expect(errorCode(await door.get('/versions?version-id-marker=x&versions'))).toBe('InvalidArgument');
    expect(errorCode(await door.get('/versions?key-marker=k&version-id-marker=x&versions'))).toBe('InvalidArgument');
  });

  test('of a bucket without versions are called null', async () => {
    await door.put('/plain', '');
    await door.put('/plain/key', 'x');
    expect(entries((await door.get('/plain?versions')).text)).toEqual(['Version key null']);
  });
});
