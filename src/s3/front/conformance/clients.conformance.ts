/** Why: how every front bears clients that are slow, silent, half gone or malformed. */
import { describe, expect, test } from 'vitest';
import { bodyOf } from '../../../../test/support/bodies.ts';
import type { RawConnection } from '../../../../test/support/raw-http.ts';
import { type Ask, errorCode, type StartDoor, type TestDoor } from '../../../../test/support/s3-door.ts';
import { systemClock } from '../../../base/clock.ts';

const put: Ask = { method: 'PUT', target: '/bucket/key', body: 'hello' };
const get: Ask = { method: 'GET', target: '/bucket/key' };

async function begin(door: TestDoor, ask: Ask): Promise<RawConnection> {
  const connection = await door.connect();
  connection.sendHead(ask.method, ask.target, door.sign(ask).headers);
  return connection;
}

async function codeOf(connection: RawConnection): Promise<string | undefined> {
  return errorCode({ text: (await connection.receive()).body.toString() });
}

const aClientThatHalfCloses = (startTestDoor: StartDoor) =>
  describe('a client that half closes', () => {
    test('behind a whole request gets its reply', async () => {
      await using door = await startTestDoor();
      await door.put('/bucket/key', Buffer.alloc(3 * 2 ** 20, 'a'));
      const connection = await begin(door, get);
      connection.halfClose();
      expect((await connection.receive()).body.byteLength).toBe(3 * 2 ** 20);
      await connection.closed();
    });

    test('between requests, or before the first, is let go', async () => {
      await using door = await startTestDoor();
      const silent = await door.connect();
      const done = await begin(door, get);
      await done.receive();
      for (const connection of [silent, done]) {
        connection.halfClose();
        await connection.closed();
      }
      expect(door.records).toHaveLength(1);
    });

    test('behind several requests gets all replies', async () => {
      await using door = await startTestDoor();
      const connection = await begin(door, put);
      connection.send('hello');
      for (let at = 0; at < 3; at++) connection.sendHead('GET', '/bucket/key', door.sign(get).headers);
      connection.halfClose();
      expect((await connection.receive()).status).toBe(200);
      for (let at = 0; at < 3; at++) expect((await connection.receive()).body.toString()).toBe('hello');
      await connection.closed();
    });

    test('in the middle of a body is told that it is not whole', async () => {
      await using door = await startTestDoor();
      const connection = await begin(door, put);
      connection.send('hel');
      connection.halfClose();
      expect(await codeOf(connection)).toBe('IncompleteBody');
      await connection.closed();
      await door.recorded(1);
      expect(door.records).toMatchObject([
        { operation: 'PutObject', code: 'IncompleteBody', error: { code: 'request.aborted' } },
      ]);
      expect(await door.keys()).toEqual([]);
    });

    test('in the middle of a head is told so', async () => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      connection.send('GET / HTTP/1.1\r\nHost: x\r\n');
      connection.halfClose();
      expect(await codeOf(connection)).toBe('InvalidRequest');
      await connection.closed();
    });
  });

const aClientThatIsSlow = (startTestDoor: StartDoor) =>
  describe('a client that is slow', () => {
    const limits = { idleTimeoutMs: 200, minBytesPerSecond: 1000, lingerMs: 100 };

    test('and falls silent in its body is told that its time is over', async () => {
      await using door = await startTestDoor({ limits });
      const connection = await begin(door, put);
      connection.send('hel');
      const { status, body } = await connection.receive();
      expect([status, errorCode({ text: body.toString() })]).toEqual([408, 'RequestTimeout']);
      await connection.closed();
      expect(await door.keys()).toEqual([]);
    });

    test('and sends a byte now and then is told so too', async () => {
      await using door = await startTestDoor({ limits });
      const connection = await begin(door, { ...put, body: 'x'.repeat(10_000) });
      const answered = codeOf(connection);
      while (door.records.length === 0) {
        connection.send('x');
        await systemClock.sleep(20);
      }
      expect(await answered).toBe('RequestTimeout');
      expect(await door.keys()).toEqual([]);
    });

    test('and steady is served, however long it takes', async () => {
      await using door = await startTestDoor({ limits });
      const connection = await begin(door, { ...put, body: 'x'.repeat(2_000) });
      for (let at = 0; at < 20; at++) {
        connection.send('x'.repeat(100));
        await systemClock.sleep(40);
      }
      expect((await connection.receive()).status).toBe(200);
    });

    test('to take a reply is cut, and gives all memory back', async () => {
      await using door = await startTestDoor({ limits: { idleTimeoutMs: 400, minBytesPerSecond: 2 ** 26 } });
      const body = bodyOf(Buffer.alloc(24 * 2 ** 20, 'a')); // by the door a busy machine would be too slow for the pace
      await door.site.store.put('bucket', 'key', { body, headers: { metadata: {} } });
      const connection = await begin(door, get);
      while (door.records.length < 1) {
        connection.sip();
        await systemClock.sleep(100);
      }
      expect(door.records[0]).toMatchObject({
        operation: 'GetObject',
        error: { code: 'timeout' },
      });
      connection.end();
      await systemClock.sleep(50);
      expect(door.site.context.memory.inUse).toBe(0);
    });
  });

const aBodyInChunksOfHttp = (startTestDoor: StartDoor) =>
  describe('a body in chunks of HTTP', () => {
    const chunked: Ask = { ...put, headers: [['transfer-encoding', 'chunked']] };

    test('is taken', async () => {
      await using door = await startTestDoor();
      const connection = await begin(door, chunked);
      connection.send('3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\n\r\n');
      expect((await connection.receive()).status).toBe(200);
    });

    test.each([
      ['a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
      ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
      ['a size beyond all numbers', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
      ['extensions without end', `5;${'x'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`],
      ['a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
      ['a bare line feed behind the size', '5\nhello\r\n0\r\n\r\n'],
    ])('is refused with %s, and the next request served', async (_, body) => {
      await using door = await startTestDoor();
      const connection = await begin(door, chunked);
      connection.send(body);
      expect(await codeOf(connection)).toBe('InvalidRequest');
      await connection.closed();
      expect(await door.keys()).toEqual([]);
      expect((await door.get('/')).status).toBe(200);
    });

    test('that is longer than any object is cut', async () => {
      await using door = await startTestDoor({ limits: { maxBodyBytes: 1000, lingerMs: 100 } });
      const connection = await begin(door, { ...chunked, payload: 'UNSIGNED-PAYLOAD' });
      connection.send(`1000\r\n${'x'.repeat(0x1000)}\r\n`);
      expect(await codeOf(connection)).toBe('EntityTooLarge');
      await connection.closed();
    });
  });

const whatIsNoRequestBehindRequestsThatAre = (startTestDoor: StartDoor) =>
  describe('what is no request, behind requests that are', () => {
    test('is answered after them, and recorded', async () => {
      await using door = await startTestDoor();
      const connection = await begin(door, put);
      connection.send('hello');
      connection.sendHead('GET', '/bucket/key', door.sign(get).headers);
      connection.send('garbage\r\n\r\n');
      expect((await connection.receive()).status).toBe(200);
      expect((await connection.receive()).body.toString()).toBe('hello');
      const last = await connection.receive();
      expect(errorCode({ text: last.body.toString() })).toBe('InvalidRequest');
      await connection.closed();
      await door.recorded(3);
      expect(last.headers.get('x-amz-request-id')).toBe(door.records[2]?.requestId);
      expect(door.records[2]).toMatchObject({
        code: 'InvalidRequest',
        remoteAddress: '127.0.0.1',
        operation: undefined,
      });
    });
  });

const whatIsRefused = (startTestDoor: StartDoor) =>
  test.each([
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'NotImplemented'],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n', 'InvalidRequest'],
    ['two expectations', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nExpect: x\r\n\r\n', 'InvalidRequest'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 'AccessDenied'],
    ['a whole URL as target', 'GET http://x/bucket HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
    ['a star as target', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 'InvalidURI'],
  ])('%s is refused with a code', async (_, bytes, code) => {
    await using door = await startTestDoor();
    const connection = await door.connect();
    connection.send(bytes);
    expect(await codeOf(connection)).toBe(code);
    connection.end();
  });

export function clientConformance(startTestDoor: StartDoor): void {
  aClientThatHalfCloses(startTestDoor);
  aClientThatIsSlow(startTestDoor);
  aBodyInChunksOfHttp(startTestDoor);
  whatIsNoRequestBehindRequestsThatAre(startTestDoor);
  whatIsRefused(startTestDoor);
}
