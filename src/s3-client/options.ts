/** Why: what a client is told when it is opened: where, who, and within which limits. */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
};

export type S3ClientOptions = {
  /** `http://` or `https://`, a host (IPv6 in brackets) and perhaps a port. */
  readonly endpoint: string;
  /** Anonymous when left out. */
  readonly credentials?: S3Credentials;
  /** `us-east-1` when left out. */
  readonly region?: string;
  /** Whether the bucket is the first part of the path (the default) or of the host name. */
  readonly addressing?: 'path' | 'virtual-host';
  /** PEM of authorities that are trusted instead of the machine's. */
  readonly trustedAuthorities?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<S3ClientLimits>;
};

export type S3ClientLimits = {
  readonly maxConnections: number;
  readonly maxWaiting: number;
  /** Of one call, the first included. */
  readonly maxAttempts: number;
  readonly firstPauseMs: number;
  /** Also the longest Retry-After that is waited for; a longer one ends the call. */
  readonly longestPauseMs: number;
  /** Without a byte in or out. */
  readonly stallTimeoutMs: number;
  /** Of an XML document that comes back. */
  readonly maxDocumentBytes: number;
};

export const defaultS3ClientLimits: S3ClientLimits = {
  maxConnections: 32,
  maxWaiting: 4096,
  maxAttempts: 6,
  firstPauseMs: 50,
  longestPauseMs: 20_000,
  stallTimeoutMs: 30_000,
  maxDocumentBytes: 16 * 2 ** 20,
};
