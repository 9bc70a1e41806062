import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDoor, type TestDoor, testKey } from '../../test/support/s3-door.ts';
import { concatBytes, equalBytes, utf8 } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import type { S3Client, S3Reading } from './client.ts';
import { openS3Client } from './open-s3-client.ts';
import type { S3ClientOptions } from './options.ts';

let door: TestDoor;
let client: S3Client;

function open(more: Partial<S3ClientOptions> = {}): S3Client {
  const endpoint = `http://127.0.0.1:${door.server.address.port}`;
  return openS3Client({ endpoint, credentials: testKey, clock: systemClock, random: seededRandom(1), ...more });
}

beforeAll(async () => {
  door = await startTestDoor();
  client = open();
});
afterAll(async () => {
  client.close();
  await door.server.abort();
});

const bucket = 'bucket';
const at = (key: string) => ({ bucket, key });
const big = seededRandom(3).bytes(3 * 2 ** 20 + 17);

async function drawn({ chunks }: S3Reading): Promise<Uint8Array> {
  return concatBytes(...(await Array.fromAsync(chunks)));
}

async function read(key: string): Promise<Uint8Array> {
  return client.getBytes(at(key), { maxBytes: 2 ** 24 });
}

async function* cut(bytes: Uint8Array, pieceBytes: number) {
  for (let from = 0; from < bytes.byteLength; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
}

describe('buckets', () => {
  test('are made, listed, found and deleted', async () => {
    await client.createBucket('another');
    expect((await client.listBuckets()).map(({ name }) => name)).toEqual(['another', 'bucket']);
    expect((await client.listBuckets())[0]?.createdAtMs).toBeGreaterThan(systemClock.wallMs() - 60_000);
    await client.headBucket('another');
    await client.put({ bucket: 'another', key: 'x' }, utf8('x'));
    await expect(client.deleteBucket('another')).rejects.toMatchObject({ code: 'not_empty' });
    await client.delete({ bucket: 'another', key: 'x' });
    await client.deleteBucket('another');
    await expect(client.headBucket('another')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are made in the region of the client; once more is once', async () => {
    const elsewhere = open({ region: 'eu-north-1' });
    await elsewhere.createBucket('in-the-north');
    await elsewhere.createBucket('in-the-north');
    await elsewhere.deleteBucket('in-the-north');
    elsewhere.close();
  });
});

describe('objects', () => {
  test.each([0, 1, 70_000, big.byteLength])('of %d bytes come back as they went, from memory', async (bytes) => {
    const body = big.subarray(0, bytes);
    const etag = await client.put(at('memory'), body);
    expect(equalBytes(await read('memory'), body)).toBe(true);
    expect(await client.head(at('memory'))).toMatchObject({ bytes, etag });
  });

  test('go out in pieces that lie in memory', async () => {
    await client.put(at('pieces'), [utf8('one '), utf8(''), utf8('two')]);
    expect(Buffer.from(await read('pieces')).toString()).toBe('one two');
  });

  test.each([0, 1, 70_000, 2 ** 18, 2 ** 19 + 1, big.byteLength])(
    'of %d bytes come back as they went, from a stream',
    async (bytes) => {
      const body = big.subarray(0, bytes);
      await client.put(at('stream'), { bytes, open: () => cut(body, 10_000) });
      const reading = await client.get(at('stream'));
      expect(reading).toMatchObject({ from: 0, bytes, info: { bytes } });
      expect(equalBytes(await drawn(reading), body)).toBe(true);
    },
  );

  test('keep their headers, in any language', async () => {
    const headers = {
      contentType: 'text/plain',
      contentEncoding: 'gzip',
      cacheControl: 'no-cache',
      metadata: { name: 'Grüße', empty: '' },
    };
    await client.put(at('headers'), { bytes: 1, open: () => cut(utf8('x'), 1) }, { headers });
    expect((await client.head(at('headers'))).headers).toEqual(headers);
    await client.copy(at('headers'), at('copied'));
    expect((await client.head(at('copied'))).headers).toEqual(headers);
    await client.copy(at('headers'), at('copied'), { headers: { metadata: { a: 'b' } } });
    expect((await client.head(at('copied'))).headers.metadata).toEqual({ a: 'b' });
    await expect(client.put(at('x'), utf8('x'), { headers: { metadata: { a: 'b\r\nc: d' } } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  test('are read by ranges', async () => {
    await client.put(at('range'), utf8('0123456789'));
    const text = async (range: { from: number; to?: number } | { lastBytes: number }) => {
      const reading = await client.get(at('range'), { range });
      return [reading.from, reading.bytes, reading.info.bytes, Buffer.from(await drawn(reading)).toString()];
    };
    expect(await text({ from: 2, to: 5 })).toEqual([2, 3, 10, '234']);
    expect(await text({ from: 8, to: 50 })).toEqual([8, 2, 10, '89']);
    expect(await text({ from: 7 })).toEqual([7, 3, 10, '789']);
    expect(await text({ lastBytes: 4 })).toEqual([6, 4, 10, '6789']);
    await expect(text({ from: 10 })).rejects.toMatchObject({ code: 'request.invalid', details: { what: 'range' } });
    await expect(text({ from: 5, to: 5 })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(text({ lastBytes: 0 })).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('that change between two reads show', async () => {
    const etag = await client.put(at('changing'), utf8('first'));
    await drawn(await client.get(at('changing'), { ifMatch: etag }));
    await client.put(at('changing'), utf8('second'));
    await expect(client.get(at('changing'), { ifMatch: etag })).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  test.each(['a b', 'ä/ö?&=+%41', '..', 'x/../y', '/lead//double/', 'tab\tline\nfeed', 'nul-like \u0001', '😀'])(
    'have the key %j',
    async (key) => {
      await client.put(at(`odd/${key}`), utf8(key));
      expect(Buffer.from(await read(`odd/${key}`)).toString()).toBe(key);
      const pages = await Array.fromAsync(client.list(bucket, { prefix: 'odd/' }));
      expect(pages.flatMap(({ objects }) => objects.map((object) => object.key))).toEqual([`odd/${key}`]);
      await client.copy(at(`odd/${key}`), at('copy of odd'));
      expect(await client.deleteObjects(bucket, [`odd/${key}`])).toEqual([]);
      await expect(client.head(at(`odd/${key}`))).rejects.toMatchObject({ code: 'not_found' });
    },
  );

  test('that are not there are told from buckets that are not', async () => {
    await expect(client.get(at('none'))).rejects.toMatchObject({ code: 'not_found', details: { what: 'object' } });
    await expect(client.get({ bucket: 'nowhere', key: 'k' })).rejects.toMatchObject({ details: { what: 'bucket' } });
    await client.delete(at('none'));
  });

  test('are never taken for their bucket, nor for another one', async () => {
    await expect(client.delete(at(''))).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(client.delete({ bucket: 'a/b', key: 'k' })).rejects.toMatchObject({ code: 'request.invalid' });
    await client.headBucket(bucket);
  });

  test('that are too long for memory are refused before they come', async () => {
    await client.put(at('long'), big);
    await expect(client.getBytes(at('long'), { maxBytes: 1000 })).rejects.toMatchObject({ code: 'request.too_large' });
    expect((await client.getBytes(at('long'), { maxBytes: 9, range: { from: 0, to: 9 } })).byteLength).toBe(9);
  });
});

describe('listing', () => {
  beforeAll(async () => {
    for (let number = 0; number < 25; number++) {
      await client.put(at(`list/${number % 5}/${String(number).padStart(2, '0')}`), utf8(String(number)));
    }
  });

  test('goes page by page, in order, after a key', async () => {
    const pages = await Array.fromAsync(client.list(bucket, { prefix: 'list/', pageKeys: 10 }));
    expect(pages.map(({ objects }) => objects.length)).toEqual([10, 10, 5]);
    const keys = pages.flatMap(({ objects }) => objects.map(({ key }) => key));
    expect(keys).toEqual(keys.toSorted());
    const rest = await Array.fromAsync(client.list(bucket, { prefix: 'list/', after: keys[21] as string }));
    expect(rest.flatMap(({ objects }) => objects.map(({ key }) => key))).toEqual(keys.slice(22));
    expect(pages[0]?.objects[0]).toMatchObject({ key: 'list/0/00', bytes: 1 });
  });

  test('stops at a delimiter, and when nobody asks for more', async () => {
    const [page] = await Array.fromAsync(client.list(bucket, { prefix: 'list/', delimiter: '/' }));
    expect(page).toEqual({ objects: [], commonPrefixes: [0, 1, 2, 3, 4].map((number) => `list/${number}/`) });
    const asked = door.records.length;
    for await (const { objects } of client.list(bucket, { prefix: 'list/', pageKeys: 1 })) {
      expect(objects).toHaveLength(1);
      break;
    }
    expect(door.records.length - asked).toBeLessThanOrEqual(1);
  });
});

describe('multipart uploads', () => {
  test('join their parts; are listed and aborted', async () => {
    const five = seededRandom(5).bytes(5 * 2 ** 20);
    const headers = { contentType: 'text/plain', metadata: { a: 'b' } };
    const uploadId = await client.createUpload(at('up/whole'), { headers });
    const upload = { ...at('up/whole'), uploadId };
    const parts = [
      { number: 1, etag: await client.uploadPart(upload, 1, five) },
      { number: 3, etag: await client.uploadPart(upload, 3, { bytes: 7, open: () => cut(utf8('the end'), 3) }) },
    ];
    const [listed] = await Array.fromAsync(client.listParts(upload));
    expect(listed?.map(({ number, etag, bytes }) => [number, etag, bytes])).toEqual([
      [1, parts[0]?.etag, five.byteLength],
      [3, parts[1]?.etag, 7],
    ]);
    const [uploads] = await Array.fromAsync(client.listUploads(bucket, { prefix: 'up/' }));
    expect(uploads).toMatchObject([{ key: 'up/whole', uploadId }]);
    const etag = await client.completeUpload(upload, parts);
    expect(await client.head(at('up/whole'))).toMatchObject({ etag, bytes: five.byteLength + 7 });
    expect(equalBytes(await read('up/whole'), concatBytes(five, utf8('the end')))).toBe(true);
    expect(await client.completeUpload(upload, parts)).toBe(etag);
  });

  test('can be given up', async () => {
    const upload = { ...at('up/aborted'), uploadId: await client.createUpload(at('up/aborted')) };
    await client.uploadPart(upload, 1, utf8('x'));
    await client.abortUpload(upload);
    expect(await Array.fromAsync(client.listUploads(bucket, { prefix: 'up/' }))).toEqual([[]]);
    await expect(client.abortUpload(upload)).rejects.toMatchObject({ code: 'not_found', details: { what: 'upload' } });
  });
});

describe('the ways to an object', () => {
  test('by the host of its bucket', async () => {
    await using named = await startTestDoor({ domains: ['localhost'] });
    const endpoint = `http://localhost:${named.server.address.port}`;
    const byHost = open({ endpoint, addressing: 'virtual-host' });
    await byHost.put(at('a b'), utf8('by host'));
    expect(Buffer.from(await byHost.getBytes(at('a b'), { maxBytes: 100 })).toString()).toBe('by host');
    expect((await byHost.listBuckets()).map(({ name }) => name)).toEqual(['bucket']);
    expect((await Array.fromAsync(byHost.list(bucket))).flatMap(({ objects }) => objects)).toHaveLength(1);
    byHost.close();
  });

  test('over IPv6', async ({ skip }) => {
    const relay = createServer((socket) => {
      socket.pipe(connect(door.server.address.port, '127.0.0.1')).pipe(socket);
    }).listen(0, '::1');
    const problem = await once(relay, 'listening').catch((error: Error) => error.message);
    if (typeof problem === 'string') return skip(`this machine has no IPv6: ${problem}`);
    const six = open({ endpoint: `http://[::1]:${(relay.address() as AddressInfo).port}` });
    await six.put(at('six'), utf8('6'));
    expect(Buffer.from(await six.getBytes(at('six'), { maxBytes: 9 })).toString()).toBe('6');
    six.close();
    relay.close();
  });

  test('by a signed URL, which needs no key', async () => {
    const key = 'signed/ä b?&=%';
    const put = await fetch(client.presign(at(key), { method: 'PUT', expiresSeconds: 60 }), {
      method: 'PUT',
      body: 'x',
    });
    expect(put.status).toBe(200);
    const url = client.presign(at(key), { method: 'GET', expiresSeconds: 60 });
    expect(await (await fetch(url)).text()).toBe('x');
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'))).status).toBe(403);
    const past = { ...systemClock, wallMs: () => systemClock.wallMs() - 120_000 };
    const earlier = open({ clock: past });
    expect((await fetch(earlier.presign(at(key), { method: 'GET', expiresSeconds: 60 }))).status).toBe(403);
    earlier.close();
    for (const expiresSeconds of [0, 1.5, 604_801]) {
      expect(() => client.presign(at(key), { method: 'GET', expiresSeconds })).toThrow('expires after 1 to');
    }
  });
});

describe('what is refused', () => {
  test.each([
    ['a wrong secret', { credentials: { ...testKey, secretAccessKey: 'something else' } }],
    ['an unknown key', { credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'hush' } }],
  ])('%s is `access.denied`, and no message tells a secret', async (_, more) => {
    const other = open(more);
    const error = await other.put(at('k'), utf8('x')).catch((thrown: unknown) => thrown);
    other.close();
    expect(error).toMatchObject({ code: 'access.denied', details: { status: 403 } });
    expect(JSON.stringify([error, String(error)])).not.toContain(more.credentials.secretAccessKey);
  });

  test('without credentials nothing is signed, and nothing allowed', async () => {
    const anonymous = openS3Client({
      endpoint: `http://127.0.0.1:${door.server.address.port}`,
      clock: systemClock,
      random: seededRandom(1),
    });
    await expect(anonymous.listBuckets()).rejects.toMatchObject({ code: 'access.denied' });
    expect(() => anonymous.presign(at('k'), { method: 'GET', expiresSeconds: 1 })).toThrow('without a key');
    anonymous.close();
  });

  test('a stream that gives another number of bytes than it announced leaves nothing', async () => {
    for (const bytes of [9, 11]) {
      const body = { bytes, open: () => cut(utf8('0123456789'), 4) };
      await expect(client.put(at('miscounted'), body)).rejects.toMatchObject({ code: 'request.invalid' });
    }
    await expect(client.head(at('miscounted'))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a stream that fails is the failure of the put', async () => {
    const open = async function* () {
      yield utf8('01');
      throw new RangeError('the source broke');
    };
    await expect(client.put(at('broken'), { bytes: 9, open })).rejects.toThrow('the source broke');
  });

  test('the signal ends a call at once', async () => {
    await expect(client.listBuckets({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'request.aborted',
    });
    const stop = new AbortController();
    const { chunks } = await client.get(at('long'), { signal: stop.signal });
    const drawing = (async () => {
      for await (const _ of chunks) stop.abort();
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'request.aborted' });
  });

  test('a connection that was refused something serves on', async () => {
    let connections = 0;
    const relay = createServer((socket) => {
      connections += 1;
      socket.pipe(connect(door.server.address.port, '127.0.0.1')).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const endpoint = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    const narrow = open({ endpoint, limits: { maxConnections: 1 } });
    for (let number = 0; number < 5; number++) {
      await expect(narrow.head(at(`none/${number}`))).rejects.toMatchObject({ code: 'not_found' });
      await expect(narrow.get(at(`none/${number}`))).rejects.toMatchObject({ code: 'not_found' });
      await narrow.delete(at(`none/${number}`));
      await narrow.put(at('some'), utf8('x'));
      await narrow.head(at('some'));
    }
    expect(connections).toBe(1);
    narrow.close();
    relay.close();
  });

  test('calls beyond the bounds are `busy`; readings that are left give their connection back', async () => {
    const narrow = open({ limits: { maxConnections: 1, maxWaiting: 1 } });
    const reading = await narrow.get(at('long'));
    const waiting = narrow.head(at('long'));
    await expect(narrow.head(at('long'))).rejects.toMatchObject({ code: 'busy' });
    for await (const _ of reading.chunks) break;
    expect(await waiting).toMatchObject({ bytes: big.byteLength });
    narrow.close();
    await expect(narrow.listBuckets()).rejects.toMatchObject({ code: 'closed' });
  });
});
