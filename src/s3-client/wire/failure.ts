/**
 * Why: what went wrong at an endpoint, in our few kinds, so that callers act on one table. A message names the request
 * and what the endpoint said of it, never a header or a key.
 * Source: "Error responses", Amazon S3 API reference.
 */
import { CopysetError, type ErrorCode, isCopysetError, toCopysetError } from '../../base/errors.ts';

/** What an endpoint answered instead of what was asked for. */
export type Refusal = {
  /** Method and path, for the message. */
  readonly asked: string;
  readonly status: number;
  /** Empty where there was no document, as for HEAD. */
  readonly s3Code: string;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  /** The region where the bucket is, if told. */
  readonly region: string | undefined;
};

type Subject = 'bucket' | 'object' | 'upload' | 'range';
type Mapped = { readonly code: ErrorCode; readonly what?: Subject };

const byS3Code: Readonly<Record<string, Mapped>> = {
  NoSuchBucket: { code: 'not_found', what: 'bucket' },
  NoSuchKey: { code: 'not_found', what: 'object' },
  NoSuchUpload: { code: 'not_found', what: 'upload' },
  BucketAlreadyExists: { code: 'already_exists' },
  BucketAlreadyOwnedByYou: { code: 'already_exists' },
  BucketNotEmpty: { code: 'not_empty' },
  BadDigest: { code: 'request.digest_mismatch' },
  InvalidDigest: { code: 'request.digest_mismatch' },
  XAmzContentSHA256Mismatch: { code: 'request.digest_mismatch' },
  EntityTooLarge: { code: 'request.too_large' },
  KeyTooLongError: { code: 'request.too_large' },
  InvalidRange: { code: 'request.invalid', what: 'range' },
  RequestTimeout: { code: 'timeout' },
  IncompleteBody: { code: 'closed' },
  InsufficientStorage: { code: 'disk.full' },
  QuotaExceeded: { code: 'disk.full' },
  XMinioStorageFull: { code: 'disk.full' },
  SlowDown: { code: 'busy' },
  RequestLimitExceeded: { code: 'busy' },
  TooManyRequests: { code: 'busy' },
};

const byStatus: Readonly<Record<number, Mapped>> = {
  401: { code: 'access.denied' },
  403: { code: 'access.denied' },
  404: { code: 'not_found' },
  405: { code: 'unsupported' },
  408: { code: 'timeout' },
  409: { code: 'conflict' },
  412: { code: 'precondition_failed' },
  413: { code: 'request.too_large' },
  416: { code: 'request.invalid', what: 'range' },
  429: { code: 'busy' },
  501: { code: 'unsupported' },
  507: { code: 'disk.full' },
};

export function refusalError(refusal: Refusal): CopysetError {
  const { asked, status, s3Code, retryAfterMs } = refusal;
  const { code, what } = mapped(s3Code, status);
  return new CopysetError(code, `${asked} was answered ${status}${saidBy(refusal)}`, {
    details: {
      status,
      ...(s3Code !== '' && { s3: s3Code }),
      ...(what !== undefined && { what }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  });
}

function mapped(s3Code: string, status: number): Mapped {
  const own = Object.hasOwn(byS3Code, s3Code) ? byS3Code[s3Code] : undefined;
  const isTheirs = status >= 500 || status < 300; // an error under a 200 began as a success
  return own ?? byStatus[status] ?? { code: isTheirs ? 'not_serving' : 'request.invalid' };
}

const maxMessageLength = 300;

function saidBy({ s3Code, message, region, status }: Refusal): string {
  const moved = region !== undefined && status < 404 ? `; the bucket is in region ${region}` : '';
  const said = [s3Code, message].filter((text) => text !== '').join(': ');
  return `${said === '' ? '' : ` (${said.slice(0, maxMessageLength)})`}${moved}`;
}

const nobodyThere = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'];
const cut = ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'];

/** What the network did to a request. */
export function transportError(error: unknown, asked: string): CopysetError {
  if (error instanceof CopysetError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const as = transportCode(code);
  if (as === undefined) return toCopysetError(error);
  return new CopysetError(as, `${asked}: ${whyOf[as]} (${code})`, { cause: error });
}

type TransportCode = 'not_serving' | 'closed' | 'timeout' | 'request.invalid';

const whyOf: Readonly<Record<TransportCode, string>> = {
  not_serving: 'the endpoint cannot be reached',
  closed: 'the connection was cut',
  timeout: 'the endpoint did not answer in time',
  'request.invalid': 'the endpoint is not trusted, or speaks no TLS',
};

function transportCode(code: string): TransportCode | undefined {
  if (nobodyThere.includes(code) || code.startsWith('HPE_')) return 'not_serving';
  if (cut.includes(code)) return 'closed';
  if (code === 'ETIMEDOUT') return 'timeout';
  return /CERT|SIGNATURE|ISSUER|TLS|SSL|EPROTO/.test(code) ? 'request.invalid' : undefined;
}

/** Heals by itself, so that the same may be asked again; `busy` of our own bounds is the caller's to hear. */
export function isPassing(error: unknown): error is CopysetError {
  if (isCopysetError(error, 'busy')) return error.details.status !== undefined;
  return isCopysetError(error, 'closed', 'timeout', 'not_serving');
}
