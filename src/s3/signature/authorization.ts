/** Why: an authorization header is parsed whole and strictly, or refused; what it claims is proven elsewhere. */
import { amzDate, parseAmzDate } from '../../sigv4/amz-date.ts';
import { signingAlgorithm } from '../../sigv4/scope.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import { parseHttpTime } from '../time.ts';
import { type Claim, checkScopeDate, parseCredential, parseSignature, parseSignedHeaders } from './claim.ts';

/** Either way. Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference. */
const maxSkewMs = 15 * 60_000;

/** Of headers; of one client and day all begin alike, with the signature at their end. */
const maxKept = 256;
const signatureLength = 64;

type Authorization = Omit<Claim, 'payloadHash' | 'amzDate'>;

/** What the authorization header and those that go with it claim. What is before a signature is parsed once. */
export class HeaderClaims {
  readonly #kept = new Map<string, Omit<Authorization, 'signature'>>();

  /** At a time of the server's clock. */
  read(head: RequestHead, nowMs: number): Claim {
    const { accessKeyId, scope, signedHeaders, signature } = this.#authorization(
      head.headers.required('authorization'),
    );
    const payloadHash = head.headers.required('x-amz-content-sha256');
    const { text: amzDate, atMs } = requestDate(head);
    const claim = { accessKeyId, scope, signedHeaders, signature, payloadHash, amzDate };
    checkScopeDate(claim, malformed);
    if (Math.abs(nowMs - atMs) > maxSkewMs) throw s3Error('RequestTimeTooSkewed');
    return claim;
  }

  #authorization(header: string): Authorization {
    const before = header.slice(0, -signatureLength);
    const kept = this.#kept.get(before);
    if (kept !== undefined) return { ...kept, signature: parseSignature(header.slice(-signatureLength), malformed) };
    const authorization = parseAuthorization(header);
    if (before.endsWith('Signature=')) this.#keep(before, authorization);
    return authorization;
  }

  #keep(before: string, { accessKeyId, scope, signedHeaders }: Authorization): void {
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(before, { accessKeyId, scope, signedHeaders });
  }
}

function parseAuthorization(header: string): Authorization {
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
  const parts = text.split(',');
  const fields: Partial<Record<keyof Fields, string>> = {};
  for (const part of parts) {
    const at = part.indexOf('=');
    const name = fieldNames.find((known) => known === part.slice(0, at).trim());
    if (name !== undefined) fields[name] = part.slice(at + 1).trim();
  }
  if (parts.length === fieldNames.length && isComplete(fields)) return fields;
  throw malformed('it must hold Credential, SignedHeaders and Signature, each once');
}

function isComplete(fields: Partial<Fields>): fields is Fields {
  return fieldNames.every((name) => fields[name] !== undefined);
}

function requestDate(head: RequestHead): { readonly text: string; readonly atMs: number } {
  const own = head.headers.get('x-amz-date');
  const atMs = own === undefined ? parseHttpTime(head.headers.get('date') ?? '') : parseAmzDate(own);
  if (atMs !== undefined) return { text: own ?? amzDate(atMs), atMs };
  if (own !== undefined) throw s3Error('AccessDenied', 'x-amz-date must be YYYYMMDDTHHMMSSZ');
  throw s3Error('AccessDenied', 'A signed request needs an x-amz-date or a Date header');
}

function malformed(why: string) {
  return s3Error('AuthorizationHeaderMalformed', `The authorization header is malformed: ${why}`);
}
