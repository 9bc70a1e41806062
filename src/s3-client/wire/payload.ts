/**
 * Why: how a body goes out depends on where it lies and on who else could touch it on its way. In memory: its SHA-256
 * is signed; over TLS, which guards it already, a CRC32 costs less. As a stream: framed as aws-chunked, one chunk and a
 * CRC32 as trailer; over TLS as it is. Source: "Signature Calculations ... Including Trailing Headers (Chunked
 * Upload)", Amazon S3 API reference.
 */
import { crc32 } from 'node:zlib';
import { hex, totalBytes, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import type { S3Body, S3StreamBody } from '../client.ts';

export type Payload = {
  /** The value of x-amz-content-sha256. */
  readonly hash: string;
  readonly headers: readonly HeaderPair[];
  /** As framed. */
  readonly bytes: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

const unsigned = 'UNSIGNED-PAYLOAD';

export function payloadOf(body: S3Body, isSecure: boolean): Payload {
  if (isStream(body)) return isSecure ? plainStream(body) : trailedStream(body);
  const pieces = body instanceof Uint8Array ? [body] : body;
  const checksum: HeaderPair[] = isSecure ? [['x-amz-checksum-crc32', crcText(pieces.reduce(nextCrc, 0))]] : [];
  const hash = isSecure ? unsigned : hex(sha256(...pieces));
  return { hash, headers: checksum, bytes: totalBytes(pieces), open: () => pieces };
}

/** For requests without a body. */
export function emptyPayload(): Payload {
  return { hash: hex(sha256()), headers: [], bytes: 0, open: () => [] };
}

function isStream(body: S3Body): body is S3StreamBody {
  return 'open' in body;
}

function plainStream(body: S3StreamBody): Payload {
  return { hash: unsigned, headers: [], bytes: body.bytes, open: () => measured(body) };
}

function trailedStream(body: S3StreamBody): Payload {
  const size = body.bytes.toString(16);
  const frame = (trailer: string) => ({
    head: utf8(body.bytes === 0 ? '' : `${size}\r\n`),
    tail: utf8(`${body.bytes === 0 ? '' : '\r\n'}0\r\nx-amz-checksum-crc32:${trailer}\r\n\r\n`),
  });
  const { head, tail } = frame(crcText(0));
  return {
    hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: [
      ['content-encoding', 'aws-chunked'],
      ['x-amz-decoded-content-length', String(body.bytes)],
      ['x-amz-trailer', 'x-amz-checksum-crc32'],
    ],
    bytes: head.byteLength + body.bytes + tail.byteLength,
    async *open() {
      let crc = 0;
      if (body.bytes > 0) yield head;
      for await (const piece of measured(body)) {
        crc = nextCrc(crc, piece);
        yield piece;
      }
      yield frame(crcText(crc)).tail;
    },
  };
}

/** Its pieces, if they are as many bytes together as was said. */
async function* measured({ bytes, open }: S3StreamBody): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const piece of open()) {
    given += piece.byteLength;
    if (given > bytes) throw miscounted(`more than the ${bytes} bytes that were announced`);
    yield piece;
  }
  if (given < bytes) throw miscounted(`${given} bytes of the ${bytes} that were announced`);
}

function miscounted(what: string): CopysetError {
  return new CopysetError('request.invalid', `the body of the request gave ${what}`);
}

function nextCrc(crc: number, piece: Uint8Array): number {
  return crc32(piece, crc);
}

/** Four bytes, big endian, in base64. */
function crcText(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
