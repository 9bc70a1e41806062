/**
 * Why: clients act on the code and the status, so both come from one table. Every error of the store has its place in
 * the second table; its message is passed on only where it speaks of the request, never where it could name a path or
 * a cause. SDKs retry 500 and 503, so whatever heals by itself is one of these.
 */
import { CopysetError, type ErrorCode, type ErrorDetails, type ErrorKind, toCopysetError } from '../base/errors.ts';

type Entry = { readonly status: number; readonly text: string };

export const s3Codes = {
  AccessForbidden: { status: 403, text: 'The rules of the bucket for other origins do not allow this' },
  AccessDenied: { status: 403, text: 'Access denied' },
  AuthorizationHeaderMalformed: { status: 400, text: 'The authorization header is malformed' },
  AuthorizationQueryParametersError: { status: 400, text: 'The signature in the query is malformed' },
  BadDigest: { status: 400, text: 'The bytes that arrived do not match the digest that was sent' },
  BadRequest: { status: 400, text: 'The request is not valid' },
  BucketAlreadyOwnedByYou: { status: 409, text: 'The bucket exists already and is yours' },
  BucketNotEmpty: { status: 409, text: 'The bucket is not empty' },
  EntityTooLarge: { status: 400, text: 'The body is larger than the limit' },
  EntityTooSmall: { status: 400, text: 'A part other than the last one is smaller than 5 MiB' },
  IllegalVersioningConfigurationException: { status: 400, text: 'The versioning configuration is not valid' },
  IncompleteBody: { status: 400, text: 'The body ended before its announced length' },
  InsufficientStorage: { status: 503, text: 'No space is left for writes; reads and deletes go on' },
  InternalError: { status: 500, text: 'An internal error occurred; try again' },
  InvalidAccessKeyId: { status: 403, text: 'The access key id does not exist' },
  InvalidArgument: { status: 400, text: 'An argument is invalid' },
  InvalidBucketName: { status: 400, text: 'The bucket name is not valid' },
  InvalidDigest: { status: 400, text: 'The Content-MD5 is not valid' },
  InvalidPart: { status: 400, text: 'A part was never uploaded, or its ETag is another one' },
  InvalidPartOrder: { status: 400, text: 'The parts are not in ascending order' },
  InvalidPartNumber: { status: 416, text: 'The object has no such part' },
  InvalidRange: { status: 416, text: 'The range cannot be satisfied' },
  InvalidRequest: { status: 400, text: 'The request is not valid' },
  InvalidTag: { status: 400, text: 'A tag is not valid' },
  InvalidToken: { status: 400, text: 'Session tokens are not known here' },
  InvalidURI: { status: 400, text: 'The request target cannot be parsed' },
  KeyTooLongError: { status: 400, text: 'The key is longer than 1024 bytes' },
  MalformedPolicy: { status: 400, text: 'The policy is not valid' },
  MalformedXML: { status: 400, text: 'The XML is not well-formed or not what this operation expects' },
  MaxMessageLengthExceeded: { status: 400, text: 'The request document is too large' },
  MetadataTooLarge: { status: 400, text: 'The user metadata is larger than 2 KiB' },
  MethodNotAllowed: { status: 405, text: 'This method is not allowed here' },
  MissingContentLength: { status: 411, text: 'The length of the body must be given' },
  NoSuchBucket: { status: 404, text: 'The bucket does not exist' },
  NoSuchBucketPolicy: { status: 404, text: 'The bucket has no policy' },
  NoSuchCORSConfiguration: { status: 404, text: 'The bucket has no CORS configuration' },
  NoSuchKey: { status: 404, text: 'The key does not exist' },
  NoSuchLifecycleConfiguration: { status: 404, text: 'The bucket has no life cycle configuration' },
  NoSuchPublicAccessBlockConfiguration: { status: 404, text: 'The bucket has no public access block' },
  NoSuchTagSet: { status: 404, text: 'The bucket has no tags' },
  NoSuchUpload: { status: 404, text: 'The upload does not exist; it may have been completed or aborted' },
  NoSuchVersion: { status: 404, text: 'The object has no such version' },
  NoSuchWebsiteConfiguration: { status: 404, text: 'The bucket is no web site' },
  NotImplemented: { status: 501, text: 'Not supported' },
  ObjectLockConfigurationNotFoundError: { status: 404, text: 'The bucket has no object lock' },
  OperationAborted: { status: 409, text: 'Another operation changed the same resource; try again' },
  OwnershipControlsNotFoundError: { status: 404, text: 'The bucket has no ownership controls' },
  PreconditionFailed: { status: 412, text: 'A condition of the request does not hold' },
  ReplicationConfigurationNotFoundError: { status: 404, text: 'The bucket is not replicated by a configuration' },
  RequestHeaderSectionTooLarge: { status: 431, text: 'The headers are larger than the limit' },
  RequestTimeout: { status: 408, text: 'The request did not arrive in time' },
  RequestTimeTooSkewed: { status: 403, text: 'The time of the request differs too much from the time of the server' },
  ServerSideEncryptionConfigurationNotFoundError: { status: 404, text: 'The bucket has no encryption configuration' },
  ServiceUnavailable: { status: 503, text: 'The service cannot do this now; try again' },
  SignatureDoesNotMatch: {
    status: 403,
    text: 'The signature does not match; check the secret and the way it is signed',
  },
  SlowDown: { status: 503, text: 'Too many requests at once; slow down and try again' },
  XAmzContentSHA256Mismatch: { status: 400, text: 'The body does not have the announced SHA-256' },
} as const satisfies Record<string, Entry>;

export type S3Code = keyof typeof s3Codes;

/** What goes out. `fields` are further elements of the error document, `headers` further headers of the reply. */
export type S3Failure = {
  readonly code: S3Code;
  readonly status: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
};

/** An error of the door itself. Its message goes to the client, so it speaks of the request only. */
export function s3Error(code: S3Code, message: string = s3Codes[code].text, details: ErrorDetails = {}): CopysetError {
  return new CopysetError(doorCodes[s3Codes[code].status] ?? 'request.invalid', message, {
    details: { ...details, s3: code },
  });
}

const doorCodes: Readonly<Record<number, ErrorCode>> = {
  403: 'access.denied',
  404: 'not_found',
  412: 'precondition_failed',
  501: 'unsupported',
  503: 'busy',
};

/** What is no exception below: what heals is retried; anything else is our fault, whatever it was. */
const byKind: Readonly<Record<ErrorKind, S3Code>> = {
  request: 'InternalError',
  retry: 'ServiceUnavailable',
  wait: 'ServiceUnavailable',
  repair: 'ServiceUnavailable',
  bug: 'InternalError',
};

const byCode: Readonly<Partial<Record<ErrorCode, S3Code>>> = {
  'request.invalid': 'InvalidArgument',
  'request.too_large': 'EntityTooLarge',
  'request.digest_mismatch': 'BadDigest',
  not_found: 'NoSuchKey',
  already_exists: 'BucketAlreadyOwnedByYou',
  not_empty: 'BucketNotEmpty',
  precondition_failed: 'PreconditionFailed',
  'access.denied': 'AccessDenied',
  conflict: 'OperationAborted',
  busy: 'SlowDown',
  'disk.full': 'InsufficientStorage',
  'format.damaged': 'InternalError',
  unsupported: 'NotImplemented',
};

/** Their messages speak of the request and nothing else. */
const told: ReadonlySet<ErrorCode> = new Set(['request.invalid', 'request.too_large', 'unsupported']);

/** Where one code of the store can be about several things, `details.what` or `details.reason` says which. */
const subjects: Readonly<Record<string, S3Code>> = {
  'not_found bucket': 'NoSuchBucket',
  'not_found object': 'NoSuchKey',
  'not_found upload': 'NoSuchUpload',
  'not_found part': 'InvalidPart',
  'not_found version': 'NoSuchVersion',
  'not_found delete_marker': 'MethodNotAllowed',
  'request.invalid part': 'InvalidPartNumber',
  'request.invalid part_order': 'InvalidPartOrder',
  'request.invalid part_size': 'EntityTooSmall',
  'request.invalid policy': 'MalformedPolicy',
  'request.invalid range': 'InvalidRange',
  'request.invalid upload_size': 'InvalidRequest',
  'request.invalid bucket-name': 'InvalidBucketName',
  'request.invalid incomplete-body': 'IncompleteBody',
  'request.too_large key': 'KeyTooLongError',
};

/** What a client is told about whatever was thrown. */
export function toFailure(thrown: unknown): S3Failure {
  const error = toCopysetError(thrown);
  const own = ownCode(error);
  const code = own ?? subjectCode(error) ?? byCode[error.code] ?? byKind[error.kind];
  const { status, text } = s3Codes[code];
  const message = own !== undefined || told.has(error.code) ? error.message : text;
  return { code, status, message, fields: fieldsOf(code, error.details), headers: headersOf(code, error.details) };
}

function fieldsOf(code: S3Code, { bytes, condition }: ErrorDetails): Readonly<Record<string, string>> {
  if (code === 'InvalidRange' && bytes !== undefined) return { ActualObjectSize: String(bytes) };
  return code === 'PreconditionFailed' && condition !== undefined ? { Condition: String(condition) } : {};
}

/** RFC 9110, section 10.2.3; SDKs wait by themselves, and longer each time. */
const retryAfterSeconds = '1';

/** Who meets a delete marker is told so (docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html). */
function headersOf(code: S3Code, { what, deleteMarker, versionId }: ErrorDetails): Readonly<Record<string, string>> {
  if (code === 'SlowDown') return { 'retry-after': retryAfterSeconds };
  const allowed: Readonly<Record<string, string>> = code === 'MethodNotAllowed' ? { allow: 'DELETE' } : {};
  if (what !== 'delete_marker' && deleteMarker !== true) return allowed;
  const version = versionId === undefined ? {} : { 'x-amz-version-id': String(versionId) };
  return { ...allowed, 'x-amz-delete-marker': 'true', ...version };
}

function ownCode({ details }: CopysetError): S3Code | undefined {
  const code = details.s3;
  return typeof code === 'string' && Object.hasOwn(s3Codes, code) ? (code as S3Code) : undefined;
}

function subjectCode({ code, details }: CopysetError): S3Code | undefined {
  const subject = `${code} ${String(details.what ?? details.reason)}`;
  return Object.hasOwn(subjects, subject) ? subjects[subject] : undefined;
}
