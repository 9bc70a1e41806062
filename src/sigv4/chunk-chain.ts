/**
 * Why: a body that is signed while it is sent goes in chunks, each with a signature that continues the one before, back
 * to the head's: none can be changed, dropped, swapped or added on its way.
 * Sources: "Signature Calculations ... Transferring Payload in Multiple Chunks" and "... Trailing Headers", Amazon S3
 * API reference.
 */
import { hex } from '../base/bytes.ts';
import { sha256 } from '../base/hash.ts';
import type { SigningKey } from './signing-key.ts';

/** What the chain begins with. */
export type ChunkSeed = {
  readonly key: Pick<SigningKey, 'sign'>;
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
  sign(digest: Uint8Array): Uint8Array {
    return this.#continue('AWS4-HMAC-SHA256-PAYLOAD', [emptyHash, hex(digest)]);
  }

  /** The signature of the trailers; `digest` is the SHA-256 of `name:value\n` of each. */
  signTrailers(digest: Uint8Array): Uint8Array {
    return this.#continue('AWS4-HMAC-SHA256-TRAILER', [hex(digest)]);
  }

  #continue(algorithm: string, hashes: readonly string[]): Uint8Array {
    const { key, amzDate, scope } = this.#seed;
    const signature = key.sign([algorithm, amzDate, scope, this.#previous, ...hashes].join('\n'));
    this.#previous = hex(signature);
    return signature;
  }
}
