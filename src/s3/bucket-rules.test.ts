import { expect, test } from 'vitest';
import { errorCode, startTestDoor, type TestDoor } from '../../test/support/s3-door.ts';

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/open/*' }],
});
const cors = `<CORSConfiguration><CORSRule><AllowedOrigin>https://page.example</AllowedOrigin>
  <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`;

async function unsigned(
  door: TestDoor,
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[] = [],
) {
  const connection = await door.connect();
  connection.sendHead(method, target, [['host', 'test'], ...headers]);
  const response = await connection.receive(method);
  connection.end();
  return { ...response, text: response.body.toString() };
}

test('a policy that was put lets strangers do what it says, until it is taken away', async () => {
  await using door = await startTestDoor();
  await door.put('/bucket/open/key', 'hello');
  await door.put('/bucket/closed', 'x');
  expect(errorCode(await unsigned(door, 'GET', '/bucket/open/key'))).toBe('AccessDenied');
  expect((await door.put('/bucket?policy', policy)).status).toBe(204);
  expect((await unsigned(door, 'GET', '/bucket/open/key')).text).toBe('hello');
  expect(errorCode(await unsigned(door, 'GET', '/bucket/closed'))).toBe('AccessDenied');
  expect(errorCode(await unsigned(door, 'GET', '/bucket/open/key?response-content-type=text%2Fhtml'))).toBe(
    'InvalidRequest',
  );
  expect(errorCode(await unsigned(door, 'GET', '/bucket/open/key?versionId=null'))).toBe('AccessDenied');
  await door.put('/bucket?policy', policy.replace('open', 'closed'));
  expect(errorCode(await unsigned(door, 'GET', '/bucket/open/key'))).toBe('AccessDenied');
  await door.put('/bucket?policy', policy);
  expect((await unsigned(door, 'GET', '/bucket/open/key')).text).toBe('hello');
  await door.delete('/bucket?policy');
  expect(errorCode(await unsigned(door, 'GET', '/bucket/open/key'))).toBe('AccessDenied');
  expect(errorCode(await unsigned(door, 'GET', '/nowhere/key'))).toBe('AccessDenied');
});

test('rules for other origins that were put are followed, until they are taken away', async () => {
  await using door = await startTestDoor();
  await door.put('/bucket/key', 'hello');
  const preflight = () =>
    unsigned(door, 'OPTIONS', '/bucket/key', [
      ['origin', 'https://page.example'],
      ['access-control-request-method', 'GET'],
    ]);
  expect((await preflight()).status).toBe(403);
  expect((await door.put('/bucket?cors', cors)).status).toBe(200);
  const allowed = await preflight();
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://page.example']);
  const got = await door.get('/bucket/key', [['origin', 'https://page.example']]);
  expect(got.headers.get('access-control-allow-origin')).toBe('https://page.example');
  await door.delete('/bucket?cors');
  expect((await preflight()).status).toBe(403);
});
