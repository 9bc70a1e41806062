/**
 * Why: an ETag is what clients compare. MD5 costs a core, so it is computed where a client may rely on it: bodies up to
 * 64 KiB, wherever Content-MD5 was sent, and everywhere by the bucket's switch. Elsewhere it is 32 hex digits and
 * `-parts`, which no client takes for an MD5. The rule is told in docs/design/etags.md; stored ETags are never
 * recomputed.
 */
import type { Hash } from 'node:crypto';
import type { BlockName } from '../base/block-name.ts';
import { equalBytes, hex, utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { sha256, startHash } from '../base/hash.ts';

const md5LimitBytes = 64 * 1024;

export type EtagRule = {
  readonly md5: Uint8Array | undefined;
  readonly always: boolean;
  /** Of the body, where the client told it: what is too long for an MD5 need not be begun. */
  readonly declaredBytes: number | undefined;
};

/** Follows a body as it passes and says its ETag at the end. */
export class EtagHasher {
  readonly #expected: Uint8Array | undefined;
  readonly #always: boolean;
  #md5: Hash | undefined;
  #bytes = 0;

  constructor({ md5, always, declaredBytes = 0 }: EtagRule) {
    this.#expected = md5;
    this.#always = always || md5 !== undefined;
    if (this.#always || declaredBytes <= md5LimitBytes) this.#md5 = startHash('md5');
  }

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    if (!this.#always && this.#bytes > md5LimitBytes) this.#md5 = undefined;
    this.#md5?.update(bytes);
  }

  /** The ETag; rejects a body that is not the one whose MD5 the client sent. */
  finish(names: readonly BlockName[]): string {
    if (this.#md5 === undefined) return opaqueEtag(names.join(''), 1);
    const digest = new Uint8Array(this.#md5.digest());
    if (this.#expected !== undefined && !equalBytes(digest, this.#expected)) {
      throw new CopysetError('request.digest_mismatch', 'the body does not match its Content-MD5');
    }
    return hex(digest);
  }
}

/** Of a multipart object: AWS's MD5 of MD5s where every part has an MD5 by the bucket's switch, otherwise opaque. */
export function multipartEtag(partEtags: readonly string[], options: { readonly md5: boolean }): string {
  const allMd5 = options.md5 && partEtags.every((etag) => /^[0-9a-f]{32}$/.test(etag));
  if (!allMd5) return opaqueEtag(partEtags.join(','), partEtags.length);
  const hash = startHash('md5');
  for (const etag of partEtags) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${partEtags.length}`;
}

function opaqueEtag(identity: string, parts: number): string {
  return `${hex(sha256(utf8(identity))).slice(0, 32)}-${parts}`;
}
