/**
 * Why: in a signed chunked body each signature covers the one before, back to the head's; so chunks cannot be dropped,
 * swapped or added. Sources: "Signature Calculations ... Transferring Payload in Multiple Chunks" and "... Trailing
 * Headers", Amazon S3 API reference.
 */
import { hex } from '../../base/bytes.ts';
import { sha256 } from '../../base/hash.ts';
import { hmacSha256 } from '../../sigv4/signing-key.ts';
import { s3Error } from '../errors.ts';
import { type SignatureSeed, sameSignature } from './authenticate.ts';

const emptyHash = hex(sha256());

export class ChunkSignatures {
  readonly #seed: SignatureSeed;
  #previous: string;

  constructor(seed: SignatureSeed) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** Accepts the next chunk, or throws. `digest` is the SHA-256 of its data. */
  chunk(digest: Uint8Array, signature: string): void {
    this.#accept('AWS4-HMAC-SHA256-PAYLOAD', [emptyHash, hex(digest)], signature);
  }

  /** Accepts the trailers, or throws. `digest` is the SHA-256 of `name:value\n` of each. */
  trailer(digest: Uint8Array, signature: string): void {
    this.#accept('AWS4-HMAC-SHA256-TRAILER', [hex(digest)], signature);
  }

  #accept(algorithm: string, hashes: readonly string[], signature: string): void {
    const { key, amzDate, scope } = this.#seed;
    const text = [algorithm, amzDate, scope, this.#previous, ...hashes].join('\n');
    if (!sameSignature(hmacSha256(key, text), signature)) {
      throw s3Error('SignatureDoesNotMatch', 'The signature of a chunk or trailer does not match');
    }
    this.#previous = signature;
  }
}
