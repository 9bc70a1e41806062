/** Why: who cannot prove by signature to have sent exactly this head is nobody. One way of authentication a request. */
import { timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../access/credentials.ts';
import { anonymous, type Identity } from '../../access/identity.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { amzDate, parseAmzDate } from '../../sigv4/amz-date.ts';
import { canonicalRequest, queryPairs, splitTarget, stringToSign } from '../../sigv4/canonical.ts';
import { scopeText } from '../../sigv4/scope.ts';
import { hmacSha256, type SigningKey, SigningKeyCache } from '../../sigv4/signing-key.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import { parseHttpTime } from '../time.ts';
import { type Authorization, parseAuthorization } from './authorization.ts';
import { type PayloadMode, parsePayloadMode } from './payload-mode.ts';

/** What the signatures of a chunked body continue from. */
export type SignatureSeed = {
  readonly key: SigningKey;
  readonly amzDate: string;
  readonly scope: string;
  readonly signature: string;
};

export type Authenticated = {
  readonly identity: Identity;
  readonly mode: PayloadMode;
  readonly seed: SignatureSeed | undefined;
};

const maxSkewMs = 15 * 60_000;
const queryAuthentication = ['X-Amz-Algorithm', 'X-Amz-Signature', 'X-Amz-Credential', 'Signature', 'AWSAccessKeyId'];

export class Authenticator {
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #keys = new SigningKeyCache(1024);

  constructor(options: { readonly credentials: Credentials; readonly clock: Clock }) {
    this.#credentials = options.credentials;
    this.#clock = options.clock;
  }

  /** Who sent this head, and how its body is protected. */
  async authenticate(head: RequestHead, options: CallOptions = {}): Promise<Authenticated> {
    const header = head.headers.get('authorization');
    const byQuery = queryPairs(splitTarget(head.target).query).find(({ name }) => queryAuthentication.includes(name));
    if (byQuery !== undefined && header !== undefined) {
      throw s3Error('InvalidRequest', 'Only one way of authentication may be used: the header or the query');
    }
    if (byQuery !== undefined)
      throw s3Error('NotImplemented', `Presigned requests (?${byQuery.name}) are not supported`);
    if (header === undefined) return { identity: anonymous, mode: anonymousMode(head), seed: undefined };
    return this.#verify(head, parseAuthorization(header), options);
  }

  async #verify(head: RequestHead, authorization: Authorization, options: CallOptions): Promise<Authenticated> {
    const payloadHash = head.headers.required('x-amz-content-sha256');
    const mode = parsePayloadMode(payloadHash);
    const date = requestDate(head);
    this.#checkTime(date, authorization);
    checkSignedHeaders(head, authorization.signedHeaders);
    if (head.headers.has('x-amz-security-token')) throw s3Error('InvalidToken');
    const credential = await this.#credentials.find(authorization.accessKeyId, options);
    if (credential === undefined) throw s3Error('InvalidAccessKeyId');
    const scope = scopeText(authorization.scope);
    const key = this.#keys.find(credential.secretAccessKey, authorization.scope);
    const text = stringToSign(date, scope, canonicalRequest(head, authorization.signedHeaders, payloadHash));
    if (!sameSignature(hmacSha256(key, text), authorization.signature)) throw s3Error('SignatureDoesNotMatch');
    this.#keys.keep(credential.secretAccessKey, authorization.scope, key);
    return {
      identity: credential.identity,
      mode,
      seed: { key, amzDate: date, scope, signature: authorization.signature },
    };
  }

  #checkTime(date: string, authorization: Authorization): void {
    if (date.slice(0, 8) !== authorization.scope.date) {
      throw s3Error('AuthorizationHeaderMalformed', 'The date in the Credential is not the date of the request');
    }
    const atMs = parseAmzDate(date) as number;
    if (Math.abs(this.#clock.wallMs() - atMs) > maxSkewMs) throw s3Error('RequestTimeTooSkewed');
  }
}

/** Without a signature there is nothing that chunk signatures could continue from. */
function anonymousMode(head: RequestHead): PayloadMode {
  const mode = parsePayloadMode(head.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD');
  if (mode.kind === 'signed-chunks' || mode.kind === 'signed-chunks-trailer') throw s3Error('AccessDenied');
  return mode;
}

/** Constant time: how much of a guess was right does not show. */
export function sameSignature(expected: Uint8Array, given: string): boolean {
  return /^[0-9a-f]{64}$/.test(given) && timingSafeEqual(Buffer.from(given, 'hex'), expected);
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

/** What is not signed could have been put there by anybody. */
function checkSignedHeaders(head: RequestHead, signed: readonly string[]): void {
  const mustBe = ['host', ...head.headers.names().filter((name) => name.startsWith('x-amz-'))];
  const unsigned = mustBe.filter((name) => !signed.includes(name));
  if (unsigned.length > 0) throw s3Error('AccessDenied', `These headers must be signed: ${unsigned.join(', ')}`);
  const absent = signed.filter((name) => !head.headers.has(name));
  if (absent.length > 0) throw s3Error('SignatureDoesNotMatch', `Signed headers did not arrive: ${absent.join(', ')}`);
  head.headers.required('host');
}
