import { expect, test } from 'vitest';
import { errorCode, startTestDoor, type TestDoor } from '../../../test/support/s3-door.ts';
import { sha256Hex, signedChunks, unsignedChunks } from '../../../test/support/s3-signer.ts';

const crc = ['x-amz-checksum-crc32', 'NhCmhg=='] as const; // of hello
const chunked = [
  ['x-amz-decoded-content-length', '5'],
  ['transfer-encoding', 'chunked'],
] as const;
const asHttpChunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);
const flip = (bytes: Buffer) => {
  bytes[bytes.indexOf('hello')] = 0x48;
  return bytes;
};

type Case = {
  readonly name: string;
  readonly payload: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly frame: (seed: ReturnType<TestDoor['sign']>['seed']) => Buffer;
  readonly code: string;
};
const hello = Buffer.from('hello');
const cases: readonly Case[] = [
  {
    name: 'hashed',
    payload: undefined,
    headers: [['content-length', '5']],
    frame: () => Buffer.from('hello'),
    code: 'XAmzContentSHA256Mismatch',
  },
  {
    name: 'unsigned with a checksum',
    payload: 'UNSIGNED-PAYLOAD',
    headers: [['content-length', '5'], crc],
    frame: () => Buffer.from('hello'),
    code: 'BadDigest',
  },
  {
    name: 'signed chunks',
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    headers: chunked,
    frame: (seed) => signedChunks(seed, [hello]),
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'signed chunks with a trailer',
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    headers: [...chunked, ['x-amz-trailer', crc[0]]],
    frame: (seed) => signedChunks(seed, [hello], crc),
    code: 'SignatureDoesNotMatch',
  },
  {
    name: 'unsigned chunks with a trailer',
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: [...chunked, ['x-amz-trailer', crc[0]]],
    frame: () => unsignedChunks([hello], crc),
    code: 'BadDigest',
  },
];

async function send(door: TestDoor, { payload, headers, frame }: Case, edit: (body: Buffer) => Buffer) {
  const ask = { method: 'PUT', target: '/bucket/key', payload: payload ?? sha256Hex('hello') } as const;
  const signed = door.sign({ ...ask, headers });
  const connection = await door.connect();
  connection.sendHead('PUT', '/bucket/key', signed.headers);
  const body = edit(frame(signed.seed));
  connection.send(headers.some(([name]) => name === 'transfer-encoding') ? asHttpChunk(body) : body);
  const response = await connection.receive();
  return { ...response, text: response.body.toString() };
}

test.each(cases)('a changed body is refused, and leaves nothing: $name', async (each) => {
  await using door = await startTestDoor();
  expect(errorCode(await send(door, each, flip))).toBe(each.code);
  expect(await door.keys()).toEqual([]);
  expect((await send(door, each, (body) => body)).status).toBe(200);
  expect((await door.get('/bucket/key')).text).toBe('hello');
});
