/**
 * Why: a request is signed in its headers, or in its query so that whoever holds the URL may send it; both from the
 * canonical request that the verifying side builds too.
 * Sources: "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters",
 * Amazon S3 API reference.
 */
import { hex } from '../base/bytes.ts';
import { amzDate } from './amz-date.ts';
import { canonicalRequest, splitTarget, stringToSign } from './canonical.ts';
import type { ChunkSeed } from './chunk-chain.ts';
import { type Scope, scopeText, signingAlgorithm } from './scope.ts';
import { deriveSigningKey } from './signing-key.ts';
import { uriEncode } from './uri.ts';

/** A lower-case name and a value of bytes 0..255. */
export type HeaderPair = readonly [name: string, value: string];

export type SigningRequest = {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** All of them are signed; `host` must be one. */
  readonly headers: readonly HeaderPair[];
};

export type Signer = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  readonly region: string;
};

export type HeaderSigning = {
  readonly signer: Signer;
  readonly atMs: number /** x-amz-content-sha256. */;
  readonly payloadHash: string;
};

export type SignedHeaders = {
  /** Those of the request and those that authenticate it. */
  readonly headers: readonly HeaderPair[];
  /** For a body that goes on signed. */
  readonly seed: ChunkSeed;
};

export function signHeaders(request: SigningRequest, signing: HeaderSigning): SignedHeaders {
  const { signer, payloadHash } = signing;
  const date = amzDate(signing.atMs);
  const scope = scopeAt(signer, date);
  const headers: HeaderPair[] = [
    ...request.headers,
    ['x-amz-content-sha256', payloadHash],
    ['x-amz-date', date],
    ...tokenPair(signer, 'x-amz-security-token'),
  ];
  const names = signedNames(headers);
  const seed = seedOf({ ...request, headers }, { names, payloadHash, date, scope, signer });
  const credential = `Credential=${signer.accessKeyId}/${seed.scope}`;
  const fields = [credential, `SignedHeaders=${names.join(';')}`, `Signature=${seed.signature}`];
  return { headers: [...headers, ['authorization', `${signingAlgorithm} ${fields.join(',')}`]], seed };
}

export type QuerySigning = {
  readonly signer: Signer;
  readonly atMs: number /** At most seven days. */;
  readonly expiresSeconds: number;
};

/** The target with the query that authenticates it until it expires; the body is not signed. */
export function presignTarget(request: SigningRequest, signing: QuerySigning): string {
  const { signer } = signing;
  const date = amzDate(signing.atMs);
  const scope = scopeAt(signer, date);
  const names = signedNames(request.headers);
  const pairs: HeaderPair[] = [
    ['X-Amz-Algorithm', signingAlgorithm],
    ['X-Amz-Credential', `${signer.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', date],
    ['X-Amz-Expires', String(signing.expiresSeconds)],
    ...tokenPair(signer, 'X-Amz-Security-Token'),
    ['X-Amz-SignedHeaders', names.join(';')],
  ];
  const { path, query } = splitTarget(request.target);
  const more = pairs.map(([name, value]) => `${name}=${uriEncode(value, { keepSlash: false })}`);
  const target = `${path}?${[...(query === '' ? [] : [query]), ...more].join('&')}`;
  const payloadHash = 'UNSIGNED-PAYLOAD';
  const { signature } = seedOf({ ...request, target }, { names, payloadHash, date, scope, signer });
  return `${target}&X-Amz-Signature=${signature}`;
}

function scopeAt({ region }: Signer, date: string): Scope {
  return { date: date.slice(0, 8), region };
}

function tokenPair({ sessionToken }: Signer, name: string): HeaderPair[] {
  return sessionToken === undefined ? [] : [[name, sessionToken]];
}

function signedNames(headers: readonly HeaderPair[]): string[] {
  return [...new Set(headers.map(([name]) => name))].sort();
}

type Parts = {
  readonly names: readonly string[];
  readonly payloadHash: string;
  readonly date: string;
  readonly scope: Scope;
  readonly signer: Signer;
};

function seedOf({ method, target, headers }: SigningRequest, parts: Parts): ChunkSeed {
  const all = (name: string) => headers.filter(([each]) => each === name).map(([, value]) => value);
  const canonical = canonicalRequest({ method, target, headers: { all } }, parts.names, parts.payloadHash);
  const key = deriveSigningKey(parts.signer.secretAccessKey, parts.scope);
  const scope = scopeText(parts.scope);
  const signature = hex(key.sign(stringToSign(parts.date, scope, canonical)));
  return { key, amzDate: parts.date, scope, signature };
}
