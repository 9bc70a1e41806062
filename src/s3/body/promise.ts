/**
 * Why: what a head promises about its body (length, digests, trailers) is read before the first byte, so that a request
 * whose promises cannot hold is refused early and no promise is forgotten at the end.
 */

import type { ChecksumKind } from '../../base/checksum.ts';
import { strictBase64 } from '../base64.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import type { PayloadMode } from '../signature/payload-mode.ts';
import { checksumKindOf, parseChecksum } from './checksum.ts';

/** The checksum that is verified; its value comes with the head, or as trailer. */
export type ChecksumPromise = { readonly kind: ChecksumKind; readonly digest: Uint8Array | undefined };

export type BodyPromise = {
  /** Of the decoded body. Undefined when it comes in pieces of unknown number (Transfer-Encoding: chunked). */
  readonly decodedBytes: number | undefined;
  readonly md5: Uint8Array | undefined;
  readonly checksum: ChecksumPromise | undefined;
  /** Announced trailers, lower case. */
  readonly trailers: readonly string[];
};

export function readBodyPromise(headers: HeaderFields, mode: PayloadMode): BodyPromise {
  const trailers = announcedTrailers(headers, mode);
  return {
    decodedBytes: decodedBytes(headers, mode),
    md5: contentMd5(headers),
    checksum: promisedChecksum(headers, trailers),
    trailers,
  };
}

function decodedBytes(headers: HeaderFields, mode: PayloadMode): number | undefined {
  const plain = mode.kind === 'hashed' || mode.kind === 'unsigned';
  if (!plain) return parseLength(headers.get('x-amz-decoded-content-length'), 'x-amz-decoded-content-length');
  if (headers.has('transfer-encoding')) return undefined;
  return parseLength(headers.get('content-length') ?? '0', 'Content-Length');
}

function parseLength(text: string | undefined, name: string): number {
  if (text === undefined) throw s3Error('MissingContentLength', `Missing required header for this request: ${name}`);
  if (!/^\d{1,15}$/.test(text)) throw s3Error('InvalidArgument', `${name} must be a number of bytes`);
  return Number(text);
}

function contentMd5(headers: HeaderFields): Uint8Array | undefined {
  const value = headers.get('content-md5');
  if (value === undefined) return undefined;
  const md5 = strictBase64(value, 16);
  if (md5 === undefined) throw s3Error('InvalidDigest');
  return md5;
}

function announcedTrailers(headers: HeaderFields, mode: PayloadMode): readonly string[] {
  const expected = mode.kind === 'signed-chunks-trailer' || mode.kind === 'unsigned-chunks-trailer';
  if (!expected && headers.has('x-amz-trailer')) {
    throw s3Error('InvalidRequest', 'x-amz-trailer needs a STREAMING form that ends in -TRAILER');
  }
  if (!expected) return [];
  const name = headers.required('x-amz-trailer').trim().toLowerCase();
  if (checksumKindOf(name) === undefined) throw s3Error('NotImplemented', `The trailer ${name} is not supported`);
  return [name];
}

function promisedChecksum(headers: HeaderFields, trailers: readonly string[]): ChecksumPromise | undefined {
  const inHead = headers.names().filter((name) => checksumKindOf(name) !== undefined);
  const all = [...inHead, ...trailers];
  if (all.length > 1) throw s3Error('InvalidRequest', `Only one checksum may be sent, not ${all.join(' and ')}`);
  const kind = checksumKindOf(all[0] ?? '');
  checkNamedAlgorithm(headers.get('x-amz-sdk-checksum-algorithm'), kind);
  if (kind === undefined) return undefined;
  const [name] = inHead;
  return { kind, digest: name === undefined ? undefined : parseChecksum(kind, headers.required(name)) };
}

function checkNamedAlgorithm(named: string | undefined, kind: ChecksumKind | undefined): void {
  if (named === undefined || named.toLowerCase() === kind) return;
  throw s3Error(
    'InvalidRequest',
    `x-amz-sdk-checksum-algorithm names ${named}, but no such checksum or trailer was sent`,
  );
}
