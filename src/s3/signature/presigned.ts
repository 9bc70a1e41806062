/**
 * Why: a URL that carries its own signature is handed to others, so it is good for a stated time only. What it says in
 * its query as x-amz-* is what a header of that name would say, and is signed as part of the query.
 * Source: "Authenticating Requests: Using Query Parameters", Amazon S3 API reference.
 */
import { parseAmzDate } from '../../sigv4/amz-date.ts';
import { queryPairs, splitTarget } from '../../sigv4/canonical.ts';
import { signingAlgorithm } from '../../sigv4/scope.ts';
import { canonicalQueryText } from '../../sigv4/uri.ts';
import { s3Error } from '../errors.ts';
import { headerValue, type RequestHead } from '../head.ts';
import { isoTime } from '../time.ts';
import { type Claim, checkScopeDate, parseCredential, parseSignature, parseSignedHeaders } from './claim.ts';

export type Query = ReadonlyMap<string, string>;

const signatureName = 'X-Amz-Signature';
const names = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  signatureName,
] as const;
const lowerNames: ReadonlySet<string> = new Set(names.map((name) => name.toLowerCase()));

/** A week. */
const maxExpiresSeconds = 604_800;
/** How far the clock of who signed may be ahead of ours. */
const maxAheadMs = 15 * 60_000;

/** Whether the query claims to authenticate the request, however that is spelled. */
export function isPresigned(query: Query): boolean {
  return query.size > 0 && [...query.keys()].some((name) => lowerNames.has(name.toLowerCase()));
}

/** What the query claims, at a time of the server's clock. `payloadHash` is what it or a header says of the body. */
export function claimByQuery(query: Query, payloadHash: string | undefined, nowMs: number): Claim {
  if (!names.every((name) => query.has(name))) throw malformed(`it must hold ${names.join(', ')}`);
  const field = (name: (typeof names)[number]) => query.get(name) ?? '';
  if (field('X-Amz-Algorithm') !== signingAlgorithm) throw malformed(`X-Amz-Algorithm must be ${signingAlgorithm}`);
  const claim: Claim = {
    ...parseCredential(field('X-Amz-Credential'), malformed),
    signedHeaders: parseSignedHeaders(field('X-Amz-SignedHeaders'), malformed),
    signature: parseSignature(field(signatureName), malformed),
    amzDate: field('X-Amz-Date'),
    payloadHash: payloadHash ?? 'UNSIGNED-PAYLOAD',
  };
  checkTime(claim, parseExpires(field('X-Amz-Expires')), nowMs);
  return claim;
}

function parseExpires(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw malformed('X-Amz-Expires must be a number of seconds');
  const seconds = Number(text);
  if (seconds < 1 || seconds > maxExpiresSeconds) {
    throw malformed(`X-Amz-Expires must be 1 to ${maxExpiresSeconds} seconds (a week)`);
  }
  return seconds;
}

function checkTime(claim: Claim, expiresSeconds: number, nowMs: number): void {
  const atMs = parseAmzDate(claim.amzDate);
  if (atMs === undefined) throw malformed('X-Amz-Date must be YYYYMMDDTHHMMSSZ');
  checkScopeDate(claim, malformed);
  if (atMs - nowMs > maxAheadMs) throw s3Error('AccessDenied', 'Request is not yet valid');
  const endsAtMs = atMs + expiresSeconds * 1000;
  if (nowMs > endsAtMs) {
    throw s3Error(
      'AccessDenied',
      `Request has expired: it was good for ${expiresSeconds} s, until ${isoTime(endsAtMs)}`,
    );
  }
}

/** The head as it was signed: everything but the signature. */
export function signedForm(head: RequestHead): RequestHead {
  const { path, query } = splitTarget(head.target);
  const signed = queryPairs(query).filter(({ name }) => canonicalQueryText(name) !== signatureName);
  return { ...head, target: `${path}?${signed.map(({ name, value }) => `${name}=${value}`).join('&')}` };
}

/** The request as if all that its query says in the place of headers had come as headers. */
export function withLiftedHeaders(head: RequestHead, query: Query): { head: RequestHead; query: Query } {
  const pairs = [...query].filter(([name]) => !(names as readonly string[]).includes(name));
  const lifted = pairs.filter(([name]) => isLifted(name));
  const rest = new Map(pairs.filter(([name]) => !isLifted(name)));
  const headers = head.headers.plus(lifted.map(([name, value]) => [name, lineOf(name, value)] as const));
  return { head: { ...head, headers }, query: rest };
}

function isLifted(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith('x-amz-') && !lowerNames.has(lower);
}

/** What comes back as a header some day must fit into one. */
function lineOf(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\u{10ffff}]/u.test(value)) {
    throw s3Error('InvalidArgument', `The query names ${name} with a control character in its value`);
  }
  return headerValue(value.trim());
}

function malformed(why: string) {
  return s3Error('AuthorizationQueryParametersError', `The signature in the query is malformed: ${why}`);
}
