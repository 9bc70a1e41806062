import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
const configuration = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rule}</CORSConfiguration>`;

test('a configuration comes back as it was put, and is taken away', async () => {
  expect(errorCode(await door.get('/bucket?cors'))).toBe('NoSuchCORSConfiguration');
  expect((await door.put('/bucket?cors', configuration)).status).toBe(200);
  const got = await door.get('/bucket?cors');
  expect([got.text, got.headers.get('content-type')]).toEqual([configuration, 'application/xml']);
  expect((await door.delete('/bucket?cors')).status).toBe(204);
  expect(errorCode(await door.get('/bucket?cors'))).toBe('NoSuchCORSConfiguration');
});

test.each(['', '<oops', '<CORSConfiguration/>', '<Other/>', configuration.padEnd(20 * 1024 + 1)])(
  '%s is none, and the one before stays',
  async (text) => {
    await door.put('/bucket?cors', configuration);
    expect(errorCode(await door.put('/bucket?cors', text))).toBe('MalformedXML');
    expect((await door.get('/bucket?cors')).text).toBe(configuration);
  },
);

test('a bucket that does not exist has none', async () => {
  expect(errorCode(await door.put('/nowhere?cors', configuration))).toBe('NoSuchBucket');
  expect(errorCode(await door.get('/nowhere?cors'))).toBe('NoSuchBucket');
});
