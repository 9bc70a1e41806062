/**
 * Why: every body of every operation goes through here, whatever its mode: it is unwrapped, counted and hashed as it is
 * drawn, and `seal` tells whether all that was promised about it holds. It is the `Body` that the store takes.
 */

import type { Hash } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import type { Semaphore } from '../../base/async/semaphore.ts';
import { equalBytes, fromHex } from '../../base/bytes.ts';
import { type ChecksumHasher, type ObjectChecksum, startChecksum } from '../../base/checksum.ts';
import { startHash } from '../../base/hash.ts';
import type { Body, BodySeal, BodySource, Slab } from '../../object/store.ts';
import type { ChunkSeed } from '../../sigv4/chunk-chain.ts';
import { s3Error } from '../errors.ts';
import { ChunkDecoder } from '../signature/chunk-decoder.ts';
import { ChunkSignatures } from '../signature/chunk-signatures.ts';
import type { PayloadMode } from '../signature/payload-mode.ts';
import { checksumHeader, parseChecksum } from './checksum.ts';
import type { BodyPromise } from './promise.ts';
import { unwrapChunks } from './unwrap.ts';

export type PayloadOptions = {
  readonly source: BodySource;
  readonly mode: PayloadMode;
  readonly seed: ChunkSeed | undefined;
  readonly promise: BodyPromise;
  /** Of the decoded body, and the code that tells of it. */
  readonly maxBytes: number;
  readonly tooLarge?: 'EntityTooLarge' | 'MaxMessageLengthExceeded';
  /** Of one signed chunk, which is held in memory until it verifies. */
  readonly maxHeldBytes: number;
  /** Bytes that all bodies together may hold. */
  readonly budget: Semaphore;
  readonly signal: AbortSignal;
};

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export class Payload implements Body {
  readonly declaredBytes: number | undefined;
  readonly md5: Uint8Array | undefined;
  readonly slabs: BodySource;
  readonly #options: PayloadOptions;
  readonly #decoder: ChunkDecoder | undefined;
  #sha256: Hash | undefined;
  #checksum: ChecksumHasher | undefined;
  #bytes = 0;
  #ended = false;

  constructor(options: PayloadOptions) {
    const { promise, maxBytes } = options;
    if ((promise.decodedBytes ?? 0) > maxBytes) throw tooLarge(options);
    this.#options = options;
    this.#decoder = chunkDecoder(options);
    this.declaredBytes = promise.decodedBytes;
    this.md5 = promise.md5;
    this.slabs = Object.assign(this.#read(), { grant: options.source.grant }); // of framing more may come, as drawn
  }

  /** Whether the framing of the request says that there is no body, and all that is promised of none holds. */
  get isNone(): boolean {
    const { promise, mode } = this.#options;
    const isPlain = mode.kind === 'unsigned' || (mode.kind === 'hashed' && mode.sha256 === emptySha256);
    return isPlain && promise.decodedBytes === 0 && promise.md5 === undefined && promise.checksum === undefined;
  }

  async seal(): Promise<BodySeal> {
    assert(this.#ended, 'a body is sealed after its last slab');
    const { promise, mode } = this.#options;
    if (promise.decodedBytes !== undefined && this.#bytes !== promise.decodedBytes) throw s3Error('IncompleteBody');
    if (mode.kind === 'hashed') this.#verifySha256(mode.sha256);
    return { checksum: this.#verifyChecksum(this.#decoder?.finish()) };
  }

  async *#read(): AsyncGenerator<Slab> {
    const { promise, mode, maxBytes } = this.#options;
    if (mode.kind === 'hashed') this.#sha256 = startHash('sha256');
    if (promise.checksum !== undefined) this.#checksum = await startChecksum(promise.checksum.kind);
    for await (const slab of this.#pieces()) {
      const { bytes } = slab;
      this.#bytes += bytes.byteLength;
      if (this.#bytes > maxBytes) {
        slab.release();
        throw tooLarge(this.#options);
      }
      this.#sha256?.update(bytes);
      this.#checksum?.update(bytes);
      yield slab;
    }
    this.#ended = true;
  }

  #pieces(): AsyncIterable<Slab> {
    const { source } = this.#options;
    return this.#decoder === undefined ? source : unwrapChunks(source, this.#decoder, this.#options);
  }

  #verifySha256(promised: string): void {
    const digest = this.#sha256?.digest();
    assert(digest !== undefined, 'a hashed body is hashed');
    if (!equalBytes(digest, fromHex(promised) as Uint8Array)) throw s3Error('XAmzContentSHA256Mismatch');
  }

  #verifyChecksum(trailers: ReadonlyMap<string, string> = new Map()): ObjectChecksum | undefined {
    const { checksum } = this.#options.promise;
    if (checksum === undefined || this.#checksum === undefined) return undefined;
    const { kind } = checksum;
    const name = checksumHeader(kind);
    const digest = checksum.digest ?? parseChecksum(kind, trailers.get(name) ?? '');
    if (!equalBytes(this.#checksum.digest(), digest)) throw s3Error('BadDigest', `The ${name} does not match the body`);
    return { kind, type: 'whole', digest };
  }
}

function chunkDecoder(options: PayloadOptions): ChunkDecoder | undefined {
  const { mode, promise, maxHeldBytes } = options;
  if (mode.kind === 'hashed' || mode.kind === 'unsigned') return undefined;
  const decodedBytes = promise.decodedBytes ?? 0;
  return new ChunkDecoder({
    signatures: chunkSignatures(options),
    trailers: promise.trailers,
    decodedBytes,
    maxHeldBytes,
  });
}

function chunkSignatures(options: PayloadOptions): ChunkSignatures | undefined {
  if (options.mode.kind === 'unsigned-chunks-trailer') return undefined;
  assert(options.seed !== undefined, 'signed chunks continue a signature');
  return new ChunkSignatures(options.seed);
}

function tooLarge({ maxBytes, tooLarge: code = 'EntityTooLarge' }: PayloadOptions) {
  return s3Error(code, `The body is larger than ${maxBytes} bytes`);
}
