import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestDoor, testKey } from '../../test/support/s3-door.ts';
import { testCertificate } from '../../test/support/test-certificate.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import type { S3Client } from './client.ts';
import { openS3Client } from './open-s3-client.ts';
import type { S3ClientOptions } from './options.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const limits = { firstPauseMs: 1, longestPauseMs: 2000, stallTimeoutMs: 200, maxAttempts: 4 };
const path = { bucket: 'bucket', key: 'key' };
const big = seededRandom(1).bytes(3 * 2 ** 20);

/** An endpoint that answers each request as the next handler says; the last one stays. */
let server: Server;
let handlers: Handler[];
let requests: IncomingMessage[];
let client: S3Client;

function open(endpoint: string, more: Partial<S3ClientOptions> = {}): S3Client {
  return openS3Client({ endpoint, credentials: testKey, clock: systemClock, random: seededRandom(1), limits, ...more });
}

beforeEach(async () => {
  handlers = [];
  requests = [];
  const handle: Handler = (request, response) => {
    requests.push(request);
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    handler?.(request, response);
  };
  server = createServer(handle).on('checkContinue', handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const reply =
  (status: number, body = '', headers: Record<string, string> = {}): Handler =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);
  };
const refuse = (status: number, code: string, headers: Record<string, string> = {}) =>
  reply(status, `<Error><Code>${code}</Code><Message>because</Message></Error>`, headers);
const cutAtOnce: Handler = (request) => void request.socket.destroy();
const hang: Handler = (request) => void request.resume();
/** Half of a body, and then nothing more; `end` says what becomes of the connection. */
const half =
  (end: (request: IncomingMessage) => void): Handler =>
  (request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write(Buffer.alloc(500), () => end(request));
  };

describe('what passes is tried again', () => {
  test.each<[string, Handler]>([
    ['500', refuse(500, 'InternalError')],
    ['502 without a document', reply(502)],
    ['503 SlowDown', refuse(503, 'SlowDown')],
    ['429 with a page', reply(429, '<html>slow down')],
    ['a timeout of the endpoint', refuse(408, 'RequestTimeout')],
    ['a connection that is cut', cutAtOnce],
    ['a body that is cut', half(({ socket }) => socket.destroy())],
    ['a body that stalls', half(() => undefined)],
    ['an endpoint that says nothing', hang],
  ])('%s', async (_, failure) => {
    handlers = [failure, failure, reply(200, 'hello')];
    expect(Buffer.from(await client.getBytes(path, { maxBytes: 2000 })).toString()).toBe('hello');
    expect(requests).toHaveLength(3);
  });

  test('so is a put, with its whole body', async () => {
    const bodies: number[] = [];
    const take =
      (status: number): Handler =>
      async (request, response) => {
        if (request.headers.expect !== undefined) response.writeContinue();
        let bytes = 0;
        for await (const piece of request) bytes += (piece as Buffer).byteLength;
        bodies.push(bytes);
        response.writeHead(status, { etag: '"tag"' }).end();
      };
    handlers = [take(503), take(500), take(200)];
    expect(await client.put(path, big)).toBe('tag');
    expect(bodies).toEqual([big.byteLength, big.byteLength, big.byteLength]);
  });

  test('Retry-After is honoured, in seconds and as a time', async () => {
    const date = 'Fri, 24 May 2013 00:00:00 GMT';
    for (const headers of [{ 'retry-after': '1' }, { date, 'retry-after': 'Fri, 24 May 2013 00:00:01 GMT' }]) {
      handlers = [refuse(503, 'SlowDown', headers as Record<string, string>), reply(200)];
      const startedMs = systemClock.monotonicMs();
      await client.headBucket('bucket');
      expect(systemClock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(999);
    }
  });

  test('an endpoint that asks for more patience than there is, is not asked again', async () => {
    handlers = [refuse(503, 'SlowDown', { 'retry-after': '3600' })];
    await expect(client.listBuckets()).rejects.toMatchObject({ code: 'busy', details: { retryAfterMs: 3_600_000 } });
    expect(requests).toHaveLength(1);
  });

  test('an abort ends the pauses too', async () => {
    handlers = [refuse(503, 'SlowDown', { 'retry-after': '2' })];
    const signal = AbortSignal.timeout(50);
    await expect(client.listBuckets({ signal })).rejects.toMatchObject({ code: 'request.aborted' });
    expect(requests).toHaveLength(1);
  });
});

describe('what does not pass', () => {
  test.each<[string, Handler, string, number]>([
    ['throttled for ever', refuse(503, 'SlowDown'), 'busy', 4],
    ['cut for ever', cutAtOnce, 'closed', 4],
    ['silent for ever', hang, 'timeout', 4],
    ['broken for ever', refuse(500, 'InternalError'), 'not_serving', 4],
    ['no HTTP', ({ socket }) => void socket.end('hello\r\n\r\n'), 'not_serving', 4],
    ['refused', refuse(403, 'AccessDenied'), 'access.denied', 1],
    ['elsewhere', refuse(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' }), 'request.invalid', 1],
    ['taken', refuse(409, 'BucketAlreadyExists'), 'already_exists', 1],
    ['in conflict', refuse(409, 'OperationAborted'), 'conflict', 1],
    ['full', refuse(507, 'InsufficientStorage'), 'disk.full', 1],
    ['full, as Copyset says it', refuse(503, 'InsufficientStorage'), 'disk.full', 1],
    ['beyond a quota', refuse(403, 'QuotaExceeded'), 'disk.full', 1],
    ['not known', refuse(501, 'NotImplemented'), 'unsupported', 1],
    ['not XML', reply(200, 'hello'), 'not_serving', 4],
    ['a document with a DOCTYPE', reply(200, '<!DOCTYPE a><a/>'), 'not_serving', 4],
    ['a document that is none', reply(200, '<a></b>'), 'not_serving', 4],
    ['a document without what it must hold', reply(200, '<R><Buckets><Bucket/></Buckets></R>'), 'not_serving', 1],
  ])('%s', async (_, handler, code, attempts) => {
    handlers = [handler];
    await expect(client.listBuckets()).rejects.toMatchObject({ code });
    expect(requests).toHaveLength(attempts);
  });

  test('is told with where the bucket is', async () => {
    handlers = [refuse(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' })];
    await expect(client.headBucket('bucket')).rejects.toThrow('the bucket is in region eu-west-1');
  });

  test('an error under a 200 is one', async () => {
    handlers = [refuse(200, 'InternalError'), refuse(200, 'NoSuchKey')];
    await expect(client.copy(path, path, { headers: {} })).rejects.toMatchObject({ code: 'not_found' });
    expect(requests).toHaveLength(2);
  });

  test('a document beyond the limit is not held', async () => {
    const small = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      limits: { ...limits, maxDocumentBytes: 1000 },
    });
    handlers = [reply(200, `<a>${'x'.repeat(2000)}</a>`)];
    await expect(small.listBuckets()).rejects.toMatchObject({ code: 'request.too_large' });
    small.close();
  });

  test('a page that leads to itself ends', async () => {
    const page = '<L><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></L>';
    handlers = [reply(200, page)];
    await expect(Array.fromAsync(client.list('bucket'))).rejects.toThrow('again and again');
    expect(requests).toHaveLength(2);
  });

  test('a range that is ignored is no range', async () => {
    handlers = [reply(200, 'hello')];
    await expect(client.get(path, { range: { from: 1, to: 2 } })).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('keys that were not deleted come back with their reasons', async () => {
    const error = '<Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error>';
    handlers = [reply(200, `<DeleteResult>${error}</DeleteResult>`)];
    const [failure] = await client.deleteObjects('bucket', ['a', 'b']);
    expect(failure).toMatchObject({ key: 'a', error: { code: 'access.denied' } });
    await expect(client.deleteObjects('bucket', Array(1001).fill('k'))).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  test('nobody there is `not_serving`', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const nobody = open(`http://127.0.0.1:${port}`);
    await expect(nobody.listBuckets()).rejects.toMatchObject({ code: 'not_serving' });
    nobody.close();
  });
});

describe('answers in pages', () => {
  const truncated = '<IsTruncated>true</IsTruncated>';
  /** The queries of all requests, without what is the same in each. */
  const asked = (name: string) => requests.map(({ url }) => new URL(url ?? '', 'http://x').searchParams.get(name));

  test('of buckets', async () => {
    const page = (name: string, more: string) =>
      reply(200, `<R><Buckets><Bucket><Name>${name}</Name></Bucket></Buckets>${more}</R>`);
    handlers = [page('one', '<ContinuationToken>t+/=</ContinuationToken>'), page('two', '')];
    expect(await client.listBuckets()).toEqual([
      { name: 'one', createdAtMs: 0 },
      { name: 'two', createdAtMs: 0 },
    ]);
    expect(asked('continuation-token')).toEqual([null, 't+/=']);
  });

  test('of parts', async () => {
    const part = '<Part><PartNumber>1</PartNumber><ETag>"e"</ETag><Size>3</Size></Part>';
    handlers = [
      reply(200, `<L>${part}${truncated}<NextPartNumberMarker>1</NextPartNumberMarker></L>`),
      reply(200, `<L>${part.replace('>1<', '>2<')}</L>`),
    ];
    const parts = (await Array.fromAsync(client.listParts({ ...path, uploadId: 'u' }))).flat();
    expect(parts.map(({ number, etag, bytes }) => [number, etag, bytes])).toEqual([
      [1, 'e', 3],
      [2, 'e', 3],
    ]);
    expect(asked('part-number-marker')).toEqual([null, '1']);
  });

  test('of uploads, whose markers are encoded too', async () => {
    const upload = '<Upload><Key>a%2Fb+c</Key><UploadId>u1</UploadId></Upload><EncodingType>url</EncodingType>';
    const markers = '<NextKeyMarker>a%2Fb+c</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>';
    handlers = [reply(200, `<L>${upload}${truncated}${markers}</L>`), reply(200, `<L>${upload}</L>`)];
    const uploads = (await Array.fromAsync(client.listUploads('bucket'))).flat();
    expect(uploads.map(({ key }) => key)).toEqual(['a/b c', 'a/b c']);
    expect([asked('key-marker'), asked('upload-id-marker')]).toEqual([
      [null, 'a/b c'],
      [null, 'u1'],
    ]);
  });

  test.each([
    ['a key that is no UTF-8', '<Contents><Key>%ff</Key></Contents><EncodingType>url</EncodingType>'],
    ['a key with half an escape', '<Contents><Key>%f</Key></Contents><EncodingType>url</EncodingType>'],
    ['elements without end', '<a>'.repeat(20) + '</a>'.repeat(20)],
    ['no place to go on', truncated],
  ])('are refused with %s', async (_, content) => {
    handlers = [reply(200, `<L>${content}</L>`)];
    await expect(Array.fromAsync(client.list('bucket'))).rejects.toMatchObject({ code: 'not_serving' });
  });
});

describe('streams', () => {
  test('a body that is drawn is not begun again: who reads asks for the rest', async () => {
    handlers = [half(({ socket }) => socket.destroy())];
    const { chunks } = await client.get(path);
    await expect(Array.fromAsync(chunks)).rejects.toMatchObject({ code: 'closed' });
    expect(requests).toHaveLength(1);
  });

  test('who draws slowly is not taken for a stalled endpoint', async () => {
    handlers = [reply(200, 'x'.repeat(2 ** 20))];
    const { chunks } = await client.get(path);
    let bytes = 0;
    for await (const piece of chunks) {
      if (bytes === 0) await systemClock.sleep(2 * limits.stallTimeoutMs);
      bytes += piece.byteLength;
    }
    expect(bytes).toBe(2 ** 20);
  });

  test('neither is a source that gives slowly', async () => {
    handlers = [reply(200, '', { etag: '"tag"' })];
    const source = async function* () {
      yield utf8('a');
      await systemClock.sleep(2 * limits.stallTimeoutMs);
      yield utf8('b');
    };
    expect(await client.put(path, { bytes: 2, open: source })).toBe('tag');
    expect(requests).toHaveLength(1);
  });

  test('a large body that is refused is not sent', async () => {
    let opened = 0;
    const source = async function* () {
      opened += 1;
      yield big;
    };
    handlers = [refuse(403, 'AccessDenied')];
    await expect(client.put(path, { bytes: big.byteLength, open: source })).rejects.toMatchObject({
      code: 'access.denied',
    });
    expect(requests[0]?.headers.expect).toBe('100-continue');
    expect(opened).toBe(0);
  });

  test('closing the client cuts what is under way', async () => {
    handlers = [hang];
    const put = client.put(path, utf8('x'));
    await once(server, 'request');
    client.close();
    await expect(put).rejects.toMatchObject({ code: 'closed' });
  });
});

test('over TLS, with an authority of one’s own, and not without', async () => {
  await using door = await startTestDoor();
  const tls = createTlsServer(testCertificate, (socket) => {
    const inner = connect(door.server.address.port, '127.0.0.1');
    socket.on('error', () => inner.destroy()).pipe(inner);
    inner.on('error', () => socket.destroy()).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(tls, 'listening');
  const endpoint = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  const trusting = open(endpoint, { trustedAuthorities: testCertificate.cert, limits: {} });
  await trusting.put(path, big);
  expect(equalBytes(await trusting.getBytes(path, { maxBytes: 2 ** 24 }), big)).toBe(true);
  await trusting.put(path, {
    bytes: big.byteLength,
    open: async function* () {
      yield big;
    },
  });
  expect(equalBytes(await trusting.getBytes(path, { maxBytes: 2 ** 24 }), big)).toBe(true);
  trusting.close();
  const wary = open(endpoint);
  await expect(wary.listBuckets()).rejects.toMatchObject({ code: 'request.invalid' });
  wary.close();
  tls.close();
});
