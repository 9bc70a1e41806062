import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { sha256Hex, sign, signedChunks, unsignedChunks } from '../../../test/support/s3-signer.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { concatBytes, hex, utf8 } from '../../base/bytes.ts';
import { type ChecksumKind, startChecksum } from '../../base/checksum.ts';
import type { Slab } from '../../object/store.ts';
import { base64 } from '../base64.ts';
import { toFailure } from '../errors.ts';
import { HeaderFields } from '../head.ts';
import { parsePayloadMode } from '../signature/payload-mode.ts';
import { expectEmpty, readDocument } from './document.ts';
import { Payload } from './payload.ts';
import { readBodyPromise } from './promise.ts';

const hello = utf8('hello');
const { seed } = sign(
  { accessKeyId: 'A', secretAccessKey: 'B' },
  { method: 'PUT', target: '/b/k', headers: [], payload: 'x', amzDate: '20130524T000000Z' },
);

type Sent = {
  readonly payload: string;
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

const budget = new Semaphore('test', 1000, 10);

function open({ payload, bytes, headers = {} }: Sent, maxBytes = 1000): Payload {
  const all = { 'content-length': String(bytes.byteLength), ...headers };
  const mode = parsePayloadMode(payload);
  const promise = readBodyPromise(new HeaderFields(Object.entries(all).flat()), mode);
  const { signal } = new AbortController();
  return new Payload({ source: cut(bytes), mode, seed, promise, maxBytes, maxHeldBytes: 500, budget, signal });
}

/** Each slab must be released once. */
async function* cut(bytes: Uint8Array): AsyncGenerator<Slab> {
  for (let at = 0; at < bytes.byteLength; at += 3) {
    const own = new Uint8Array(bytes.subarray(at, at + 3));
    let isReleased = false;
    const release = () => {
      expect(isReleased).toBe(false);
      isReleased = true;
      own.fill(0xff); // whoever still reads it reads this
      outstanding -= 1;
    };
    outstanding += 1;
    yield { bytes: own, release };
  }
}

let outstanding = 0;
afterEach(() => expect(outstanding).toBe(0));

async function take(payload: Payload): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const slab of payload.slabs) {
    pieces.push(new Uint8Array(slab.bytes));
    slab.release();
  }
  await payload.seal();
  return Buffer.from(concatBytes(...pieces)).toString();
}

async function refusal(sent: Sent, maxBytes?: number): Promise<string> {
  try {
    await take(open(sent, maxBytes));
    return 'accepted';
  } catch (error) {
    return toFailure(error).code;
  }
}

const checksums: readonly (readonly [ChecksumKind, string])[] = [
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
];
const digits = utf8('123456789');

describe.each(checksums)('the checksum %s', (kind, expected) => {
  const value = base64(Buffer.from(expected, 'hex'));
  const name = `x-amz-checksum-${kind}`;

  test('has the published value, however the bytes are cut', async () => {
    const hasher = await startChecksum(kind);
    for (const digit of digits) hasher.update(Uint8Array.of(digit));
    expect(hex(hasher.digest())).toBe(expected);
  });

  test('is verified as header, in upper case named by the SDK, and answered', async () => {
    const headers = { [name]: value, 'x-amz-sdk-checksum-algorithm': kind.toUpperCase() };
    const payload = open({ payload: 'UNSIGNED-PAYLOAD', bytes: digits, headers });
    for await (const slab of payload.slabs) slab.release();
    const digest = new Uint8Array(Buffer.from(expected, 'hex'));
    expect(await payload.seal()).toEqual({ checksum: { kind, type: 'whole', digest } });
    expect(await refusal({ payload: 'UNSIGNED-PAYLOAD', bytes: hello, headers })).toBe('BadDigest');
  });

  test('is verified as trailer, signed and unsigned', async () => {
    const headers = { 'x-amz-trailer': name, 'x-amz-decoded-content-length': '9' };
    const signed = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    expect(await take(open({ payload: unsigned, bytes: unsignedChunks([digits], [name, value]), headers }))).toBe(
      '123456789',
    );
    expect(await take(open({ payload: signed, bytes: signedChunks(seed, [digits], [name, value]), headers }))).toBe(
      '123456789',
    );
    const other = utf8('123456780');
    expect(await refusal({ payload: unsigned, bytes: unsignedChunks([other], [name, value]), headers })).toBe(
      'BadDigest',
    );
    expect(await refusal({ payload: signed, bytes: signedChunks(seed, [other], [name, value]), headers })).toBe(
      'BadDigest',
    );
    expect(await refusal({ payload: unsigned, bytes: unsignedChunks([digits], [name, 'AA==']), headers })).toBe(
      'InvalidRequest',
    );
  });

  test.each(['', 'AA==', `${value} `, `${value}=`])('%j is no value of it', async (wrong) => {
    expect(await refusal({ payload: 'UNSIGNED-PAYLOAD', bytes: digits, headers: { [name]: wrong } })).toBe(
      'InvalidRequest',
    );
  });
});

describe('modes', () => {
  test('a hashed body is compared with its hash', async () => {
    expect(await take(open({ payload: sha256Hex(hello), bytes: hello }))).toBe('hello');
    const unchecked = open({ payload: sha256Hex(hello), bytes: hello });
    for await (const slab of unchecked.slabs) slab.release();
    expect(await unchecked.seal()).toEqual({ checksum: undefined });
    expect(await refusal({ payload: sha256Hex('other'), bytes: hello })).toBe('XAmzContentSHA256Mismatch');
  });

  test('an unsigned body is taken as it is', async () => {
    expect(await take(open({ payload: 'UNSIGNED-PAYLOAD', bytes: hello }))).toBe('hello');
  });

  test('signed chunks hold memory of the common budget only while they verify', async () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const headers = { 'x-amz-decoded-content-length': '10' };
    const bytes = signedChunks(seed, [hello, hello]);
    expect(await take(open({ payload, bytes, headers }))).toBe('hellohello');
    expect(budget.inUse).toBe(0);
    bytes[bytes.lastIndexOf('hello')] = 0;
    expect(await refusal({ payload, bytes, headers })).toBe('SignatureDoesNotMatch');
    expect(budget.inUse).toBe(0);
  });

  test('a body of unknown length is taken up to the limit', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    expect(await take(open({ payload: 'UNSIGNED-PAYLOAD', bytes: hello, headers }))).toBe('hello');
    expect(await refusal({ payload: 'UNSIGNED-PAYLOAD', bytes: hello, headers }, 4)).toBe('EntityTooLarge');
  });
});

describe('promises that cannot hold', () => {
  const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const crc = 'x-amz-checksum-crc32';
  test.each([
    ['too long a body', 'UNSIGNED-PAYLOAD', { 'content-length': '1001' }, 'EntityTooLarge'],
    ['a length that is none', 'UNSIGNED-PAYLOAD', { 'content-length': '5e0' }, 'InvalidArgument'],
    ['a body shorter than its length', 'UNSIGNED-PAYLOAD', { 'content-length': '6' }, 'IncompleteBody'],
    ['a Content-MD5 that is none', 'UNSIGNED-PAYLOAD', { 'content-md5': 'AAAA' }, 'InvalidDigest'],
    ['two checksums', 'UNSIGNED-PAYLOAD', { [crc]: 'AAAAAA==', 'x-amz-checksum-sha1': 'A' }, 'InvalidRequest'],
    [
      'a checksum named and not sent',
      'UNSIGNED-PAYLOAD',
      { 'x-amz-sdk-checksum-algorithm': 'CRC32' },
      'InvalidRequest',
    ],
    ['a trailer in a form without', 'UNSIGNED-PAYLOAD', { 'x-amz-trailer': crc }, 'InvalidRequest'],
    ['chunks without their length', unsigned, { 'x-amz-trailer': crc }, 'MissingContentLength'],
    ['no trailer in a form with', unsigned, { 'x-amz-decoded-content-length': '5' }, 'InvalidRequest'],
    [
      'a trailer that is no checksum',
      unsigned,
      { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-meta-a' },
      'NotImplemented',
    ],
    [
      'a checksum as header and as trailer',
      unsigned,
      { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': crc, [crc]: 'AAAAAA==' },
      'InvalidRequest',
    ],
  ])('%s', async (_, payload, headers, code) => {
    expect(await refusal({ payload, bytes: hello, headers })).toBe(code);
  });
});

describe('documents', () => {
  test('are compared with their Content-MD5', async () => {
    const md5 = createHash('md5').update(hello).digest('base64');
    const good = open({ payload: 'UNSIGNED-PAYLOAD', bytes: hello, headers: { 'content-md5': md5 } });
    expect(Buffer.concat(await readDocument(good)).toString()).toBe('hello');
    const bad = open({ payload: 'UNSIGNED-PAYLOAD', bytes: digits, headers: { 'content-md5': md5 } });
    await expect(readDocument(bad)).rejects.toThrow('Content-MD5');
  });

  test('an operation without a body refuses one, and an empty one that is not as promised', async () => {
    await expect(expectEmpty(open({ payload: 'UNSIGNED-PAYLOAD', bytes: hello }))).rejects.toThrow('takes no body');
    await expect(expectEmpty(open({ payload: sha256Hex(hello), bytes: utf8('') }))).rejects.toThrow('SHA-256');
    await expectEmpty(open({ payload: sha256Hex(''), bytes: utf8('') }));
    await expectEmpty(open({ payload: 'UNSIGNED-PAYLOAD', bytes: utf8('') }));
  });

  test.each([
    ['its MD5', { 'content-md5': base64(createHash('md5').update('other').digest()) }, 'Content-MD5'],
    ['its checksum', { 'x-amz-checksum-crc32': 'AAAAAQ==' }, 'x-amz-checksum-crc32'],
  ])('an empty body that is not as %s promises is refused where none is taken', async (_, headers, message) => {
    for (const payload of ['UNSIGNED-PAYLOAD', sha256Hex('')]) {
      await expect(expectEmpty(open({ payload, bytes: utf8(''), headers }))).rejects.toThrow(message);
    }
  });

  test('a body of a length that is not told is looked at where none is taken', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    await expectEmpty(open({ payload: 'UNSIGNED-PAYLOAD', bytes: utf8(''), headers }));
    await expect(expectEmpty(open({ payload: 'UNSIGNED-PAYLOAD', bytes: hello, headers }))).rejects.toThrow('no body');
  });
});
