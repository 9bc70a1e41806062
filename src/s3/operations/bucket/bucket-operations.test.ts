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

describe('deleting many', () => {
  test('answers for each key by itself', async () => {
    await door.put('/bucket/one', '1');
    const body = `<Delete>
      <Object><Key>one</Key></Object>
      <Object><Key>never</Key></Object>
      <Object><Key>two</Key><Size>1</Size></Object>
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
