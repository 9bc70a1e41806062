/** Why: who cannot prove by signature to have sent exactly this head is nobody. One way of authentication a request. */
import { timingSafeEqual } from 'node:crypto';
import type { Credential, Credentials } from '../../access/credentials.ts';
import { anonymous, type Identity } from '../../access/identity.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import { type Awaitable, after } from '../../base/async/awaitable.ts';
import type { Clock } from '../../base/clock.ts';
import { canonicalRequest, stringToSign } from '../../sigv4/canonical.ts';
import type { ChunkSeed } from '../../sigv4/chunk-chain.ts';
import { scopeText } from '../../sigv4/scope.ts';
import { SigningKeyCache } from '../../sigv4/signing-key.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import { HeaderClaims, versionTwo } from './authorization.ts';
import type { Claim } from './claim.ts';
import { type PayloadMode, parsePayloadMode } from './payload-mode.ts';
import { claimByQuery, isPresigned, type Query, signedForm, withLiftedHeaders } from './presigned.ts';

/** A head and its decoded query. */
export type SignedRequest = { readonly head: RequestHead; readonly query: Query };

export type Authenticated = SignedRequest & {
  readonly identity: Identity;
  readonly mode: PayloadMode;
  readonly seed: ChunkSeed | undefined;
};

type Proof = Omit<Authenticated, keyof SignedRequest>;
const versionTwoNames = ['AWSAccessKeyId', 'Signature'];

export class Authenticator {
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #keys = new SigningKeyCache(1024);
  readonly #claims = new HeaderClaims();

  constructor(options: { readonly credentials: Credentials; readonly clock: Clock }) {
    this.#credentials = options.credentials;
    this.#clock = options.clock;
  }

  /** Who sent this head, how its body is protected, and what of it is left to be understood. */
  authenticate(request: SignedRequest, options: CallOptions = {}): Awaitable<Authenticated> {
    const { head, query } = request;
    const byHeader = head.headers.has('authorization');
    const byQuery = isPresigned(query);
    const byVersionTwo = query.size > 0 && versionTwoNames.some((name) => query.has(name));
    if (Number(byHeader) + Number(byQuery) + Number(byVersionTwo) > 1) {
      throw s3Error('InvalidArgument', 'Only one way of authentication may be used: the header or the query');
    }
    if (byVersionTwo) throw versionTwo();
    if (byQuery) return this.#presigned(request, options);
    if (!byHeader) return { ...request, identity: anonymous, mode: anonymousMode(head), seed: undefined };
    const claim = this.#claims.read(head, this.#clock.wallMs());
    return after(this.#prove(head, claim, options), (proof) => ({ ...request, ...proof }));
  }

  #presigned({ head, query }: SignedRequest, options: CallOptions): Awaitable<Authenticated> {
    const effective = withLiftedHeaders(head, query);
    const payloadHash = effective.head.headers.get('x-amz-content-sha256');
    const claim = claimByQuery(query, payloadHash, this.#clock.wallMs());
    if (effective.head.headers.has('x-amz-security-token')) throw s3Error('InvalidToken');
    return after(this.#prove(signedForm(head), claim, options), (proof) => ({ ...effective, ...proof }));
  }

  #prove(head: RequestHead, claim: Claim, options: CallOptions): Awaitable<Proof> {
    const mode = parsePayloadMode(claim.payloadHash);
    checkSignedHeaders(head, claim.signedHeaders);
    if (head.headers.has('x-amz-security-token')) throw s3Error('InvalidToken');
    const found = this.#credentials.find(claim.accessKeyId, options);
    return after(found, (credential) => ({ mode, ...this.#proof(head, claim, credential) }));
  }

  #proof(head: RequestHead, claim: Claim, credential: Credential | undefined): Omit<Proof, 'mode'> {
    if (credential === undefined) throw s3Error('InvalidAccessKeyId');
    const seed = this.#verify(head, claim, credential.secretAccessKey);
    return { identity: credential.identity, seed };
  }

  #verify(head: RequestHead, claim: Claim, secret: string): ChunkSeed {
    const { amzDate, signature } = claim;
    const scope = scopeText(claim.scope);
    const key = this.#keys.find(secret, claim.scope);
    const text = stringToSign(amzDate, scope, canonicalRequest(head, claim.signedHeaders, claim.payloadHash));
    if (!sameSignature(key.sign(text), signature)) throw s3Error('SignatureDoesNotMatch');
    this.#keys.keep(secret, claim.scope, key);
    return { key, amzDate, scope, signature };
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

/** What is not signed could have been put there by anybody. */
function checkSignedHeaders(head: RequestHead, signed: readonly string[]): void {
  const { headers } = head;
  const isOpen = (name: string) => (name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name);
  const unsigned = headers.names().filter(isOpen);
  if (!signed.includes('host') && !headers.has('host')) unsigned.unshift('host');
  if (unsigned.length > 0) throw s3Error('AccessDenied', `These headers must be signed: ${unsigned.join(', ')}`);
  const absent = signed.filter((name) => !headers.has(name));
  if (absent.length > 0) throw s3Error('SignatureDoesNotMatch', `Signed headers did not arrive: ${absent.join(', ')}`);
  headers.required('host');
}
