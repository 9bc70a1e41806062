/**
 * Why: libraries for programs are asked for the same: make a bucket, put buffers and streams, upload 64 MiB in parts,
 * keep odd keys, list 2,500, read back and compare, delete.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Client } from '../../support/client.ts';
import { type DevProcess, type Ready, startDev } from '../../support/dev-process.ts';
import { sha256Hex } from '../../support/s3-signer.ts';
import { inKeyOrder, largeBytes, largeContent, manyKeys, putManyKeys } from './contents.ts';
import { timed } from './timed.ts';

export type ObjectClient = {
  makeBucket(bucket: string): Promise<void>;
  put(bucket: string, key: string, bytes: Buffer): Promise<void>;
  /** The length is known beforehand. */
  putStream(bucket: string, key: string, stream: Readable, bytes: number): Promise<void>;
  /** A stream of unknown length, in parts. */
  uploadStream(bucket: string, key: string, stream: Readable): Promise<void>;
  get(bucket: string, key: string): Promise<Buffer>;
  /** `bytes` of the object from `from` on. */
  getRange(bucket: string, key: string, range: { readonly from: number; readonly bytes: number }): Promise<Buffer>;
  keys(bucket: string): Promise<readonly string[]>;
  delete(bucket: string, keys: readonly string[]): Promise<void>;
  removeBucket(bucket: string): Promise<void>;
  /** The name of the error. */
  errorOf(bucket: string, key: string): Promise<string>;
  presignedGet(bucket: string, key: string): Promise<string>;
  presignedPut(bucket: string, key: string): Promise<string>;
};

export type ObjectTests = {
  readonly open: (ready: Ready) => ObjectClient;
  readonly oddKeys: readonly string[];
};

const mebibyte = 2 ** 20;
const batchKeys = 1000;

/** Pieces as a file would give them. */
function streamOf(bytes: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.byteLength / mebibyte) }, (_, at) =>
    bytes.subarray(at * mebibyte, (at + 1) * mebibyte),
  );
  return Readable.from(pieces, { objectMode: false });
}

export function testObjectClient(name: string, { open, oddKeys }: ObjectTests): void {
  let folder: string;
  let dev: DevProcess;
  let client: ObjectClient;
  let own: S3Client;
  const large = largeContent();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `copyset-${name}-`));
    dev = await startDev(join(folder, 'store'));
    client = open(dev.ready);
    own = new S3Client(dev.ready);
    for (const bucket of ['models', 'given', 'odd', 'many']) await client.makeBucket(bucket);
  });

  afterAll(async () => {
    own?.[Symbol.dispose]();
    await dev?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const time = <T>(step: string, bytes: number, work: () => Promise<T>) => timed({ client: name, step, bytes }, work);
  const expectLarge = async (key: string) => expect(sha256Hex(await client.get('models', key))).toBe(sha256Hex(large));

  test('puts buffers and streams and reads them back', async () => {
    await time('64 MiB up as a buffer', largeBytes, () => client.put('models', 'buffer', large));
    await time('64 MiB up as a stream', largeBytes, () =>
      client.putStream('models', 'stream', streamOf(large), largeBytes),
    );
    await time('64 MiB down', largeBytes, () => expectLarge('buffer'));
    await expectLarge('stream');
    const range = { from: 8_388_600, bytes: 16 };
    const wanted = large.subarray(range.from, range.from + range.bytes);
    expect((await client.getRange('models', 'stream', range)).equals(wanted)).toBe(true);
    await client.put('models', 'empty', Buffer.alloc(0));
    expect(await client.get('models', 'empty')).toHaveLength(0);
  });

  test('uploads 64 MiB of a stream in parts', async () => {
    await time('64 MiB up in parts', largeBytes, () => client.uploadStream('models', 'parts', streamOf(large)));
    const listed = (await own.list('models')).find(({ key }) => key === 'parts');
    expect(Number(listed?.etag.match(/-(\d+)"/)?.[1])).toBeGreaterThan(1);
    await expectLarge('parts');
  });

  test('knows a missing object from others', async () => {
    expect(await client.errorOf('models', 'none')).toBe('NoSuchKey');
    expect(await client.errorOf('nowhere', 'none')).toBe('NoSuchBucket');
  });

  test('gives URLs that anybody may use', async () => {
    const put = await fetch(await client.presignedPut('given', 'a b+c'), { method: 'PUT', body: 'from outside' });
    expect({ status: put.status, text: await put.text() }).toEqual({ status: 200, text: '' });
    const got = await fetch(await client.presignedGet('given', 'a b+c'));
    expect({ status: got.status, text: await got.text() }).toEqual({ status: 200, text: 'from outside' });
    const other = await fetch(await client.presignedGet('given', 'a b+c'), { method: 'DELETE' });
    expect({ status: other.status, text: await other.text() }).toEqual({
      status: 403,
      text: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });

  test('keeps odd keys', async () => {
    for (const key of oddKeys) await client.put('odd', key, Buffer.from(`content of ${key}`));
    expect(await client.keys('odd')).toEqual(inKeyOrder(oddKeys));
    for (const key of oddKeys) expect((await client.get('odd', key)).toString()).toBe(`content of ${key}`);
    await client.delete('odd', oddKeys);
    expect(await client.keys('odd')).toEqual([]);
  });

  test('lists 2,500 keys, deletes them and the bucket', async () => {
    await putManyKeys(own, 'many');
    const keys = await timed({ client: name, step: '2,500 keys listed' }, () => client.keys('many'));
    expect(keys).toEqual(inKeyOrder(manyKeys));
    await timed({ client: name, step: '2,500 keys deleted' }, async () => {
      for (let at = 0; at < keys.length; at += batchKeys) await client.delete('many', keys.slice(at, at + batchKeys));
    });
    await client.removeBucket('many');
    expect(await client.errorOf('many', 'none')).toBe('NoSuchBucket');
  });
}
