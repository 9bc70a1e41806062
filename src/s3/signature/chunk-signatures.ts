/** Why: a chunk or trailer of a signed body is taken only when its signature is the next of the chain from the head. */
import { ChunkChain, type ChunkSeed } from '../../sigv4/chunk-chain.ts';
import { s3Error } from '../errors.ts';
import { sameSignature } from './authenticate.ts';

export class ChunkSignatures {
  readonly #chain: ChunkChain;

  constructor(seed: ChunkSeed) {
    this.#chain = new ChunkChain(seed);
  }

  /** Accepts the next chunk, or throws, and then nothing more is asked. `digest` is the SHA-256 of its data. */
  chunk(digest: Uint8Array, signature: string): void {
    accept(this.#chain.sign(digest), signature);
  }

  /** Accepts the trailers, or throws. `digest` is the SHA-256 of `name:value\n` of each. */
  trailer(digest: Uint8Array, signature: string): void {
    accept(this.#chain.signTrailers(digest), signature);
  }
}

function accept(expected: Uint8Array, signature: string): void {
  if (!sameSignature(expected, signature)) {
    throw s3Error('SignatureDoesNotMatch', 'The signature of a chunk or trailer does not match');
  }
}
