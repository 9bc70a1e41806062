/**
 * Why: how a body goes out depends on where it lies and on who else could touch it on its way. In memory: its SHA-256
 * is signed. As a stream: over TLS, which guards it, as it is; else in signed chunks. All endpoints know these forms,
 * for objects, parts and documents alike; checksums in headers and trailers they do not.
 */
import type { Hash } from 'node:crypto';
import { hex, totalBytes, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { sha256, startHash } from '../../base/hash.ts';
import { ChunkChain, type ChunkSeed, signedChunksPayload } from '../../sigv4/chunk-chain.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import type { S3Body, S3StreamBody } from '../client.ts';

export type Payload = {
  /** The value of x-amz-content-sha256. */
  readonly hash: string;
  readonly headers: readonly HeaderPair[];
  /** As framed. */
  readonly bytes: number;
  /** `seed` is of the head that went before; undefined where nothing is signed. */
  readonly open: (seed: ChunkSeed | undefined) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

/** AWS wants 8 KiB at least; larger ones must be held by whoever verifies them. */
const chunkBytes = 256 * 1024;

/** `isGuarded`: the way of a stream is, or nobody signs. */
export function payloadOf(body: S3Body, isGuarded: boolean): Payload {
  if (isStream(body)) return isGuarded ? plainStream(body) : signedStream(body);
  const pieces = body instanceof Uint8Array ? [body] : body;
  return { hash: hex(sha256(...pieces)), headers: [], bytes: totalBytes(pieces), open: () => pieces };
}

function isStream(body: S3Body): body is S3StreamBody {
  return 'open' in body;
}

function plainStream(body: S3StreamBody): Payload {
  return { hash: 'UNSIGNED-PAYLOAD', headers: [], bytes: body.bytes, open: () => measured(body) };
}

function signedStream(body: S3StreamBody): Payload {
  const whole = Math.floor(body.bytes / chunkBytes);
  const rest = body.bytes % chunkBytes;
  const framed = whole * framedBytes(chunkBytes) + (rest > 0 ? framedBytes(rest) : 0) + framedBytes(0);
  return {
    hash: signedChunksPayload,
    headers: [
      ['content-encoding', 'aws-chunked'],
      ['x-amz-decoded-content-length', String(body.bytes)],
    ],
    bytes: framed,
    open: (seed) => {
      if (seed === undefined) throw new CopysetError('bug', 'chunks are signed only where the head is');
      return signedChunks(measured(body), new ChunkChain(seed));
    },
  };
}

function framedBytes(bytes: number): number {
  return chunkHead(bytes, '0'.repeat(64)).byteLength + bytes + chunkEnd.byteLength;
}

function chunkHead(bytes: number, signature: string): Uint8Array {
  return utf8(`${bytes.toString(16)};chunk-signature=${signature}\r\n`);
}

const chunkEnd = utf8('\r\n');

/** All chunks but the last two are full; the last one is empty. */
async function* signedChunks(pieces: AsyncIterable<Uint8Array>, chain: ChunkChain): AsyncGenerator<Uint8Array> {
  let chunk = newChunk();
  for await (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) {
      const part = piece.subarray(at, at + chunkBytes - chunk.bytes);
      at += part.byteLength;
      chunk.hash.update(part);
      chunk.pieces.push(part);
      chunk.bytes += part.byteLength;
      if (chunk.bytes < chunkBytes) continue;
      yield* framed(chunk, chain);
      chunk = newChunk();
    }
  }
  if (chunk.bytes > 0) yield* framed(chunk, chain);
  yield* framed(newChunk(), chain);
}

type Chunk = { readonly hash: Hash; readonly pieces: Uint8Array[]; bytes: number };

function newChunk(): Chunk {
  return { hash: startHash('sha256'), pieces: [], bytes: 0 };
}

function* framed({ hash, pieces, bytes }: Chunk, chain: ChunkChain): Generator<Uint8Array> {
  yield chunkHead(bytes, hex(chain.sign(hash.digest())));
  yield* pieces;
  yield chunkEnd;
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
