/** Why: an authorization header is parsed whole and strictly, or refused; what it claims is proven elsewhere. */
import { amzDate, parseAmzDate } from '../../sigv4/amz-date.ts';
import { signingAlgorithm } from '../../sigv4/scope.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import { parseHttpTime } from '../time.ts';
import { type Claim, checkScopeDate, parseCredential, parseSignature, parseSignedHeaders } from './claim.ts';

/** Either way. Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference. */
const maxSkewMs = 15 * 60_000;

/** What the authorization header and those that go with it claim, at a time of the server's clock. */
export function claimByHeader(head: RequestHead, nowMs: number): Claim {
  const authorization = parseAuthorization(head.headers.required('authorization'));
  const payloadHash = head.headers.required('x-amz-content-sha256');
  const claim = { ...authorization, payloadHash, amzDate: requestDate(head) };
  checkScopeDate(claim, malformed);
  const atMs = parseAmzDate(claim.amzDate) as number;
  if (Math.abs(nowMs - atMs) > maxSkewMs) throw s3Error('RequestTimeTooSkewed');
  return claim;
}

function parseAuthorization(header: string): Omit<Claim, 'payloadHash' | 'amzDate'> {
  const [scheme, ...rest] = header.trim().split(' ');
  if (scheme === 'AWS') throw versionTwo();
  if (scheme !== signingAlgorithm) {
    throw s3Error('InvalidRequest', `The authorization mechanism is not supported; use ${signingAlgorithm}`);
  }
  const fields = parseFields(rest.join(' '));
  return {
    ...parseCredential(fields.Credential, malformed),
    signedHeaders: parseSignedHeaders(fields.SignedHeaders, malformed),
    signature: parseSignature(fields.Signature, malformed),
  };
}

/** For requests that are signed in the way before this one, which covered neither all headers nor the body. */
export function versionTwo() {
  return s3Error('InvalidRequest', `Signature Version 2 is not supported; sign with Version 4 (${signingAlgorithm})`);
}

const fieldNames = ['Credential', 'SignedHeaders', 'Signature'] as const;
type Fields = Readonly<Record<(typeof fieldNames)[number], string>>;

function parseFields(text: string): Fields {
  const parts = text.split(',').map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
  });
  const fields = Object.fromEntries(parts);
  if (parts.length !== fieldNames.length || !fieldNames.every((name) => Object.hasOwn(fields, name))) {
    throw malformed('it must hold Credential, SignedHeaders and Signature, each once');
  }
  return fields as Fields;
}

function requestDate(head: RequestHead): string {
  const own = head.headers.get('x-amz-date');
  if (own !== undefined) {
    if (parseAmzDate(own) === undefined) throw s3Error('AccessDenied', 'x-amz-date must be YYYYMMDDTHHMMSSZ');
    return own;
  }
  const atMs = parseHttpTime(head.headers.get('date') ?? '');
  if (atMs === undefined) throw s3Error('AccessDenied', 'A signed request needs an x-amz-date or a Date header');
  return amzDate(atMs);
}

function malformed(why: string) {
  return s3Error('AuthorizationHeaderMalformed', `The authorization header is malformed: ${why}`);
}
