import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
  await door.put('/bucket/key', 'x');
});

afterAll(async () => {
  await door.server.abort();
});

describe.each(['/bucket', '/bucket/key'])('the access control list of %s', (target) => {
  test('grants everything to the owner, and is taken back as it was told', async () => {
    const { text } = await door.get(`${target}?acl`);
    expect([elementTexts(text, 'ID'), elementTexts(text, 'Permission')]).toEqual([
      ['copyset-root', 'copyset-root'],
      ['FULL_CONTROL'],
    ]);
    expect(text).toContain(
      '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>copyset-root</ID>',
    );
    expect((await door.put(`${target}?acl`, text)).status).toBe(200);
  });

  test('is put only as what it is', async () => {
    const put = (document: string, ...headers: (readonly [string, string])[]) =>
      door.put(`${target}?acl`, document, headers);
    const told = (await door.get(`${target}?acl`)).text;
    expect((await put('', ['x-amz-acl', 'private'])).status).toBe(200);
    expect(errorCode(await put('', ['x-amz-acl', 'public-read']))).toBe('NotImplemented');
    expect(errorCode(await put(''))).toBe('InvalidRequest');
    expect(errorCode(await put(told, ['x-amz-acl', 'private']))).toBe('InvalidRequest');
    expect(errorCode(await put(told.replaceAll('copyset-root', 'somebody')))).toBe('NotImplemented');
    expect(errorCode(await put(told.replace('FULL_CONTROL', 'READ')))).toBe('NotImplemented');
    expect(errorCode(await put(told.replace('</Grant>', '</Grant><Grant/>')))).toBe('NotImplemented');
    expect(errorCode(await put('<AccessControlPolicy/>'))).toBe('NotImplemented');
    expect(errorCode(await put('<oops'))).toBe('MalformedXML');
  });
});

test('what does not exist has no list', async () => {
  expect(errorCode(await door.get('/nowhere?acl'))).toBe('NoSuchBucket');
  expect(errorCode(await door.get('/bucket/none?acl'))).toBe('NoSuchKey');
  expect(errorCode(await door.put('/bucket/none?acl', '', [['x-amz-acl', 'private']]))).toBe('NoSuchKey');
  expect(errorCode(await door.put('/nowhere?acl', '', [['x-amz-acl', 'private']]))).toBe('NoSuchBucket');
});
