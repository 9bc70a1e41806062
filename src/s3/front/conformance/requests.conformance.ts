/** Why: what every front does with requests, good and bad. */
import { describe, expect, test } from 'vitest';
import { bodyOf } from '../../../../test/support/bodies.ts';
import type { RawConnection, RawResponse } from '../../../../test/support/raw-http.ts';
import { type Ask, errorCode, type StartDoor, type TestDoor, testKey } from '../../../../test/support/s3-door.ts';
import { systemClock } from '../../../base/clock.ts';
import { seededRandom } from '../../../base/random.ts';
import type { MemoryVolume } from '../../../volume/memory/memory-volume.ts';
import type { FrontCapabilities } from '../front.conformance.ts';

const mebibyte = 2 ** 20;

function codeOf(response: RawResponse): string | undefined {
  return errorCode({ text: response.body.toString() });
}

/** Sends the head of a signed request on a connection of its own. */
async function sendHead(door: TestDoor, ask: Ask): Promise<RawConnection> {
  const connection = await door.connect();
  connection.sendHead(ask.method, ask.target, door.sign(ask).headers);
  return connection;
}

const putHello: Ask = { method: 'PUT', target: '/bucket/key', body: 'hello' };

const theGate = (startTestDoor: StartDoor) =>
  describe('the gate', () => {
    test.each([
      ['GET', '/'],
      ['GET', '/bucket/key'],
      ['PUT', '/bucket/key'],
      ['DELETE', '/bucket'],
      ['POST', '/bucket?delete'],
      ['GET', '/bucket?acl'],
    ])('lets nobody without a signature do %s %s', async (method, target) => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      connection.sendHead(method, target, [
        ['host', 'x'],
        ['content-length', '0'],
      ]);
      expect(codeOf(await connection.receive())).toBe('AccessDenied');
      await door.recorded(1);
      const nobody = { accessKeyId: undefined, code: 'AccessDenied' };
      expect(door.records).toMatchObject([{ method, status: 403, operation: undefined, ...nobody }]);
    });

    test('what it refuses is recorded: who is said to ask, for what, from where, and why not', async () => {
      await using door = await startTestDoor();
      const { headers } = door.sign(putHello);
      const forged = headers.map(([name, value]): [string, string] => [
        name,
        name === 'authorization' ? value.replace(/Signature=\w/, 'Signature=g') : value,
      ]);
      const connection = await door.connect();
      connection.sendHead('PUT', '/bucket/key', forged);
      const refused = await connection.receive();
      const code = codeOf(refused);
      await door.recorded(1);
      expect(door.records).toMatchObject([
        {
          accessKeyId: testKey.accessKeyId,
          action: 's3:PutObject',
          path: '/bucket/key',
          remoteAddress: '127.0.0.1',
          code,
        },
      ]);
      expect(door.records[0]?.firstByteMs).toBeGreaterThan(0);
      expect(refused.status).toBe(door.records[0]?.status);
    });

    test('asks for the body only after it said yes', async () => {
      await using door = await startTestDoor();
      const ask = { ...putHello, headers: [['expect', '100-continue']] } as const;
      const good = await sendHead(door, ask);
      good.send('hello');
      expect(await good.receive()).toMatchObject({ status: 200, interim: [100] });

      const bad = await door.connect();
      const forged = door
        .sign(ask)
        .headers.map(
          ([name, value]) =>
            [name, name === 'authorization' ? `${value.slice(0, -64)}${'0'.repeat(64)}` : value] as const,
        );
      bad.sendHead('PUT', '/bucket/forged', forged);
      const refused = await bad.receive();
      expect([refused.status, refused.interim, refused.headers.get('connection')]).toEqual([403, [], 'close']);
      await bad.closed();
      expect(await door.keys()).toEqual(['key']);
    });

    test('a refused body is not waited for, and the reply is read before the connection closes', async () => {
      await using door = await startTestDoor({ limits: { lingerMs: 50 } });
      const connection = await sendHead(door, {
        ...putHello,
        target: '/nowhere/key',
        body: Buffer.alloc(8 * mebibyte),
      });
      connection.send(Buffer.alloc(mebibyte));
      expect(codeOf(await connection.receive())).toBe('NoSuchBucket');
      await connection.closed();
    });

    test('every reply has a request id, which the record has too', async () => {
      await using door = await startTestDoor();
      const [good, bad] = [
        await door.ask({ method: 'GET', target: '/' }),
        await door.ask({ method: 'GET', target: '/none' }),
      ];
      await door.recorded(2);
      for (const [at, reply] of [good, bad].entries()) {
        expect(reply.headers.get('x-amz-request-id')).toMatch(/^[0-9A-F]{16}$/);
        expect(reply.headers.get('x-amz-request-id')).toBe(door.records[at]?.requestId);
        expect(reply.headers.get('x-amz-id-2')).toBeTruthy();
      }
      expect(bad.text).toContain(`<RequestId>${door.records[1]?.requestId}</RequestId>`);
      expect(JSON.stringify(door.records)).not.toContain(testKey.secretAccessKey);
    });

    test('large bodies over one connection, small ones between them, are kept apart', async () => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      const bodies = [3, 0, 2, 5, 0, 1].map((size, at) => seededRandom(at).bytes(size * 700_000 + 10));
      for (const [at, body] of bodies.entries()) {
        connection.sendHead('PUT', `/bucket/${at}`, door.sign({ ...putHello, target: `/bucket/${at}`, body }).headers);
        connection.send(body);
        expect((await connection.receive()).status).toBe(200);
      }
      for (const [at, body] of bodies.entries()) {
        connection.sendHead('GET', `/bucket/${at}`, door.sign({ method: 'GET', target: `/bucket/${at}` }).headers);
        expect((await connection.receive()).body.equals(body)).toBe(true);
      }
    });

    test('many requests go over one connection', async () => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      for (let round = 0; round < 5; round++) {
        connection.sendHead('PUT', '/bucket/key', door.sign({ ...putHello, body: `round ${round}` }).headers);
        connection.send(`round ${round}`);
        expect((await connection.receive()).status).toBe(200);
        connection.sendHead('GET', '/bucket/key', door.sign({ method: 'GET', target: '/bucket/key' }).headers);
        expect((await connection.receive()).body.toString()).toBe(`round ${round}`);
      }
    });
  });

const requestsSentWithoutWaiting = (startTestDoor: StartDoor, capabilities: FrontCapabilities) =>
  describe('requests sent without waiting', () => {
    const headText = (door: TestDoor, ask: Ask) =>
      [`${ask.method} ${ask.target} HTTP/1.1`, ...door.sign(ask).headers.map(([n, v]) => `${n}: ${v}`), '', ''].join(
        '\r\n',
      );

    test('are run and answered one after the other', async () => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      const get: Ask = { method: 'GET', target: '/bucket/key' };
      connection.send(`${headText(door, putHello)}hello${headText(door, get)}${headText(door, get)}`);
      expect((await connection.receive()).status).toBe(200);
      expect((await connection.receive()).body.toString()).toBe('hello');
      expect((await connection.receive()).body.toString()).toBe('hello');
    });

    test('may have large bodies, of which a part came while another was served', async () => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      const bodies = [30, 100, 200, 300, 3000].map((size, at) => seededRandom(at).bytes(size * 1024));
      for (const [at, body] of bodies.entries()) {
        const target = `/bucket/${at}`;
        const { headers } = door.sign({ ...putHello, target, body, payload: 'UNSIGNED-PAYLOAD' });
        connection.sendHead('PUT', target, headers);
        connection.send(body);
      }
      for (const _ of bodies) expect((await connection.receive()).status).toBe(200);
      for (const [at, body] of bodies.entries()) {
        expect((await door.get(`/bucket/${at}`)).body.equals(body)).toBe(true);
      }
    });

    test('hold little memory, however many they are, and harm nobody', async () => {
      await using door = await startTestDoor();
      const all = await door.site.context.memory.acquire(door.site.context.memory.capacity);
      const connection = await door.connect();
      const requests = 50;
      connection.send(`${headText(door, putHello)}hello`.repeat(requests));
      if (capabilities.pipeline === 'cut') await connection.closed();
      all.release();
      if (capabilities.pipeline === 'held back') {
        for (let at = 0; at < requests; at++) expect((await connection.receive()).status).toBe(200);
      }
      expect((await door.get('/')).status).toBe(200);
    });
  });

const whatIsNoProperHttp = (startTestDoor: StartDoor) =>
  describe('what is no proper HTTP', () => {
    const get = 'GET /bucket/key HTTP/1.1\r\nHost: x\r\n';
    test.each([
      ['garbage', 'hello\r\n\r\n', 400],
      ['a bare line feed', 'GET /bucket/key HTTP/1.1\nHost: x\n\n', 400],
      ['no host', 'GET /bucket/key HTTP/1.1\r\n\r\n', 400],
      ['a folded header', `${get}X-A: b\r\n c\r\n\r\n`, 400],
      ['a blank before the colon', `${get}Content-Length : 5\r\n\r\n`, 400],
      ['two lengths', `${get}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 400],
      ['a length and chunks', `${get}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
      ['an unknown coding', `${get}Transfer-Encoding: chunked, x\r\n\r\n`, 400],
      ['a negative length', `${get}Content-Length: -5\r\n\r\n`, 400],
      ['a NUL in a header', `${get}X-A: \0\r\n\r\n`, 400],
      ['a head beyond the limit', `${get}X-A: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
      ['a target beyond the limit', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
      ['more headers than allowed', `${get}${'X-A: b\r\n'.repeat(200)}\r\n`, 431],
      ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ])('%s is refused, and the next request served', async (_, bytes, status) => {
      await using door = await startTestDoor();
      const connection = await door.connect();
      connection.send(Buffer.from(bytes, 'latin1'));
      expect((await connection.receive()).status).toBe(status);
      connection.end();
      expect((await door.ask({ method: 'GET', target: '/' })).status).toBe(200);
    });

    test('does not mix into a response that is under way', async () => {
      await using door = await startTestDoor();
      await door.ask({ ...putHello, body: Buffer.alloc(4 * mebibyte, 'a') });
      const connection = await sendHead(door, { method: 'GET', target: '/bucket/key' });
      connection.send('garbage\r\n\r\n');
      const received = await connection.receive().catch(() => undefined);
      if (received !== undefined) expect(received.body.equals(Buffer.alloc(4 * mebibyte, 'a'))).toBe(true);
      await connection.closed();
      expect((await door.ask({ method: 'GET', target: '/' })).status).toBe(200);
    });
  });

const clientsThatStop = (startTestDoor: StartDoor) =>
  describe('clients that stop', () => {
    test('in the middle of a head are told so', async () => {
      await using door = await startTestDoor({ limits: { headTimeoutMs: 100 } });
      const connection = await door.connect();
      connection.send('GET / HTTP/1.1\r\nHost: x\r\n');
      expect((await connection.receive()).status).toBe(408);
      await connection.closed();
    });

    test('in the middle of a body are cut, and leave nothing', async () => {
      await using door = await startTestDoor({ limits: { idleTimeoutMs: 100 } });
      const connection = await sendHead(door, putHello);
      connection.send('hel');
      await connection.closed();
      await door.recorded(1);
      expect(door.records.at(-1)).toMatchObject({
        operation: 'PutObject',
        error: { code: 'request.aborted' },
        receivedBytes: 3,
      });
      expect(await door.keys()).toEqual([]);
    });

    test('in the middle of a body by going away leave nothing', async () => {
      await using door = await startTestDoor();
      const connection = await sendHead(door, putHello);
      connection.send('hel');
      while (door.records.length === 0) {
        await systemClock.sleep(10);
        connection.end();
      }
      expect(door.records).toMatchObject([{ operation: 'PutObject', error: { code: 'request.aborted' } }]);
      expect(await door.keys()).toEqual([]);
    });

    test('reading a response are cut, and all memory is given back', async () => {
      await using door = await startTestDoor({ limits: { idleTimeoutMs: 200 } });
      await door.site.store.put('bucket', 'key', {
        body: bodyOf(Buffer.alloc(40 * mebibyte, 'abc')),
        headers: { metadata: {} },
      });
      const connection = await sendHead(door, { method: 'GET', target: '/bucket/key' });
      connection.pause();
      await door.recorded(1);
      expect(door.records).toMatchObject([{ operation: 'GetObject', error: { code: 'request.aborted' } }]);
      connection.end();
      await systemClock.sleep(50);
      expect(door.site.context.memory.inUse).toBe(0);
    });

    test('for a while are not cut while the server is the slow one', async () => {
      await using door = await startTestDoor({ limits: { idleTimeoutMs: 100 } });
      const { memory } = door.site.context;
      const all = await memory.acquire(memory.capacity);
      const connection = await sendHead(door, putHello);
      connection.send('hello');
      await systemClock.sleep(500);
      all.release();
      expect((await connection.receive()).status).toBe(200);
    });
  });

const aBodyThatCannotBeServedWhole = (startTestDoor: StartDoor) =>
  describe('a body that cannot be served whole', () => {
    async function damage(door: TestDoor, isDamaged: (bytes: number) => boolean): Promise<void> {
      for (const { volume } of door.site.members.all()) {
        const memory = volume as MemoryVolume;
        for (const { address, ...entry } of await memory.list({ limit: 100 })) {
          if (isDamaged(entry.storedBytes)) memory.corrupt(address, (stored) => stored.map((byte) => byte ^ 1));
        }
      }
    }

    test('is an error when its first block is bad', async () => {
      await using door = await startTestDoor();
      await door.ask({ ...putHello, body: 'hello' });
      await damage(door, () => true);
      const { status, text } = await door.ask({ method: 'GET', target: '/bucket/key' });
      expect([status, errorCode({ text })]).toEqual([503, 'ServiceUnavailable']);
    });

    test('is cut short, and never looks whole, when a later one is', async () => {
      await using door = await startTestDoor();
      await door.ask({ ...putHello, body: seededRandom(1).bytes(mebibyte + 5) });
      await damage(door, (bytes) => bytes < mebibyte);
      const connection = await sendHead(door, { method: 'GET', target: '/bucket/key' });
      await expect(connection.receive()).rejects.toThrow('the connection ended');
      await door.recorded(2);
      expect(door.site.context.memory.inUse).toBe(0);
    });
  });

const stopping = (startTestDoor: StartDoor) =>
  describe('stopping', () => {
    test('drain lets a request finish and takes no new one', async () => {
      const door = await startTestDoor();
      const busy = await sendHead(door, putHello);
      busy.send('hel');
      const idle = await door.connect();
      await systemClock.sleep(50);
      const drained = door.server.drain(5_000);
      await idle.closed();
      await expect(door.connect()).rejects.toThrow('ECONNREFUSED');
      busy.send('lo');
      const response = await busy.receive();
      expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
      await drained;
      expect(await door.keys()).toEqual(['key']);
    });

    test('drain ends a connection whose reply had begun before it', async () => {
      const door = await startTestDoor();
      const body = seededRandom(1).bytes(12 * mebibyte);
      await door.ask({ ...putHello, body });
      const busy = await sendHead(door, { method: 'GET', target: '/bucket/key' });
      busy.sip();
      await systemClock.sleep(50);
      const drained = door.server.drain(50_000);
      busy.resume();
      expect((await busy.receive()).body.equals(body)).toBe(true);
      await drained;
      await busy.closed();
      expect(door.records.length).toBe(2);
    });

    test('drain cuts what is not finished by its deadline', async () => {
      const door = await startTestDoor();
      const busy = await sendHead(door, putHello);
      busy.send('hel');
      await systemClock.sleep(50);
      await door.server.drain(100);
      await busy.closed();
      expect(door.records).toMatchObject([
        { error: { code: expect.stringMatching(/closed|request.aborted/) as unknown } },
      ]);
      expect(await door.keys()).toEqual([]);
    });

    test('a port in use is named', async () => {
      await using door = await startTestDoor();
      const { port } = door.server.address;
      await expect(startTestDoor({ port })).rejects.toThrow(`127.0.0.1:${port}`);
    });
  });

export function requestConformance(startTestDoor: StartDoor, capabilities: FrontCapabilities): void {
  theGate(startTestDoor);
  requestsSentWithoutWaiting(startTestDoor, capabilities);
  whatIsNoProperHttp(startTestDoor);
  clientsThatStop(startTestDoor);
  aBodyThatCannotBeServedWhole(startTestDoor);
  stopping(startTestDoor);
}
