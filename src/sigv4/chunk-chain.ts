/**
 * Why: a body that is signed while it is sent goes in chunks, each with a signature that continues the one before, back
 * to the head's: none can be changed, dropped or swapped on its way.
 * Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks (Chunked
 * Upload)", Amazon S3 API reference.
 */
import { hex } from '../base/bytes.ts';
import { sha256 } from '../base/hash.ts';
import { hmacSha256, type SigningKey } from './signing-key.ts';

/** What the chain begins with. */
export type ChunkSeed = {
  readonly key: SigningKey;
  readonly amzDate: string;
  readonly scope: string;
  /** Of the head, 64 hex digits. */
  readonly signature: string;
};

/** The value of x-amz-content-sha256 for such a body. */
export const signedChunksPayload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

const emptyHash = hex(sha256());

export class ChunkChain {
  readonly #seed: ChunkSeed;
  #previous: string;

  constructor(seed: ChunkSeed) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** The signature of the next chunk; `digest` is the SHA-256 of its data. */
  sign(digest: Uint8Array): string {
    const { key, amzDate, scope } = this.#seed;
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', amzDate, scope, this.#previous, emptyHash, hex(digest)].join('\n');
    this.#previous = hex(hmacSha256(key, text));
    return this.#previous;
  }
}
