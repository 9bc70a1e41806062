import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

function policy(effect: 'Allow' | 'Deny'): string {
  const statement = { Effect: effect, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 2);
}

test('a policy comes back as it was put, says whether it is public, and is taken away', async () => {
  expect(errorCode(await door.get('/bucket?policy'))).toBe('NoSuchBucketPolicy');
  expect(errorCode(await door.get('/bucket?policyStatus'))).toBe('NoSuchBucketPolicy');
  for (const [effect, isPublic] of [
    ['Allow', 'true'],
    ['Deny', 'false'],
  ] as const) {
    expect((await door.put('/bucket?policy', policy(effect))).status).toBe(204);
    const got = await door.get('/bucket?policy');
    expect([got.text, got.headers.get('content-type')]).toEqual([policy(effect), 'application/json']);
    expect(elementTexts((await door.get('/bucket?policyStatus')).text, 'IsPublic')).toEqual([isPublic]);
  }
  expect((await door.delete('/bucket?policy')).status).toBe(204);
  expect((await door.delete('/bucket?policy')).status).toBe(204);
  expect(errorCode(await door.get('/bucket?policy'))).toBe('NoSuchBucketPolicy');
});

test.each([
  ['', 'MalformedPolicy'],
  ['{', 'MalformedPolicy'],
  ['null', 'MalformedPolicy'],
  ['{"Version": "2012-10-17"}', 'MalformedPolicy'],
  [policy('Allow').padEnd(20 * 1024 + 1), 'MalformedPolicy'],
])('%j is no policy, and the one before stays', async (text, code) => {
  await door.put('/bucket?policy', policy('Deny'));
  expect(errorCode(await door.put('/bucket?policy', text))).toBe(code);
  expect((await door.get('/bucket?policy')).text).toBe(policy('Deny'));
});

test('what is no text is no policy', async () => {
  expect(errorCode(await door.put('/bucket?policy', Buffer.from([0xff])))).toBe('InvalidRequest');
});

test('a bucket that does not exist has no policy', async () => {
  expect(errorCode(await door.put('/nowhere?policy', policy('Allow')))).toMatch(/NoSuchBucket|MalformedPolicy/);
  expect(errorCode(await door.get('/nowhere?policy'))).toBe('NoSuchBucket');
  expect(errorCode(await door.delete('/nowhere?policy'))).toBe('NoSuchBucket');
});
