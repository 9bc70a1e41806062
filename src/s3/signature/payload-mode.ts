/**
 * Why: how a body is protected is one of five ways, and every place that handles a body handles all of them; a way that
 * is forgotten somewhere is a hole through which unsigned bytes are stored.
 */
import { s3Error } from '../errors.ts';

export type PayloadMode =
  /** x-amz-content-sha256 is the hash of the body, and signed. */
  | { readonly kind: 'hashed'; readonly sha256: string }
  /** The head is signed, the body is not. */
  | { readonly kind: 'unsigned' }
  /** aws-chunked; each chunk carries a signature that continues the one before. */
  | { readonly kind: 'signed-chunks' }
  /** The same, and trailers with a signature of their own. */
  | { readonly kind: 'signed-chunks-trailer' }
  /** aws-chunked without signatures; a checksum comes as trailer. */
  | { readonly kind: 'unsigned-chunks-trailer' };

const namedModes: Readonly<Record<string, PayloadMode>> = {
  'UNSIGNED-PAYLOAD': { kind: 'unsigned' },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { kind: 'signed-chunks' },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { kind: 'signed-chunks-trailer' },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { kind: 'unsigned-chunks-trailer' },
};

/** The mode that x-amz-content-sha256 names. */
export function parsePayloadMode(value: string): PayloadMode {
  if (Object.hasOwn(namedModes, value)) return namedModes[value] as PayloadMode;
  if (/^[0-9a-f]{64}$/.test(value)) return { kind: 'hashed', sha256: value };
  if (value.startsWith('STREAMING-'))
    throw s3Error('NotImplemented', `x-amz-content-sha256: ${value} is not supported`);
  throw s3Error(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- form, or a SHA-256 in hex',
  );
}
