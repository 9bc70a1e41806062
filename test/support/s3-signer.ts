/**
 * Why: tests sign as a client would, by the published recipe and with nothing of the door's own code, so that both
 * cannot be wrong together. Paths and queries are given percent-encoded, queries sorted.
 */
import { createHash, createHmac } from 'node:crypto';
import type { AccessKey } from '../../src/access/credentials.ts';

export type HeaderList = readonly (readonly [string, string])[];

export type Unsigned = {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
  /** The value of x-amz-content-sha256. */
  readonly payload: string;
  readonly amzDate: string;
  readonly region?: string;
};

export type Signed = { readonly headers: HeaderList; readonly seed: Seed };
type Seed = { readonly key: Key; readonly amzDate: string; readonly scope: string; readonly signature: string };
type Key = { readonly sign: (text: string) => Buffer };

export const emptySha256 = sha256Hex('');

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

/** Signs all headers given, and those that it adds. */
export function sign(key: AccessKey, request: Unsigned): Signed {
  const { amzDate, payload } = request;
  const headers = [...request.headers, ['x-amz-date', amzDate], ['x-amz-content-sha256', payload]] as const;
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  const seed = seedOf(key, request, { headers, names });
  const fields = [
    `Credential=${key.accessKeyId}/${seed.scope}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${seed.signature}`,
  ];
  return { headers: [...headers, ['authorization', `AWS4-HMAC-SHA256 ${fields.join(',')}`]], seed };
}

function seedOf(key: AccessKey, request: Unsigned, signed: Canonical): Seed {
  const { amzDate, region = 'us-east-1' } = request;
  const scope = `${amzDate.slice(0, 8)}/${region}/s3/aws4_request`;
  const day = hmac(`AWS4${key.secretAccessKey}`, amzDate.slice(0, 8));
  const signingKey = hmac(hmac(hmac(day, region), 's3'), 'aws4_request');
  const text = ['AWS4-HMAC-SHA256', amzDate, scope, sha256Hex(canonical(request, signed))].join('\n');
  return {
    key: { sign: (more) => hmac(signingKey, more) },
    amzDate,
    scope,
    signature: hmac(signingKey, text).toString('hex'),
  };
}

export type Presigned = { readonly target: string; readonly headers: HeaderList; readonly seed: Seed };

/** Signs in the query. `query` goes in beside what signs, or in its place; names and values unencoded. */
export function presign(
  key: AccessKey,
  request: Unsigned,
  { expires = '60', query = [] }: { readonly expires?: string; readonly query?: HeaderList } = {},
): Presigned {
  const { amzDate, region = 'us-east-1', headers } = request;
  const [path = '', own = ''] = request.target.split('?');
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  const signing = new Map([
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${key.accessKeyId}/${amzDate.slice(0, 8)}/${region}/s3/aws4_request`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', expires],
    ['X-Amz-SignedHeaders', names.join(';')],
    ...query,
  ]);
  const pairs = [...signing].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const sorted = [...own.split('&').filter((pair) => pair !== ''), ...pairs].sort().join('&');
  const seed = seedOf(key, { ...request, target: `${path}?${sorted}` }, { headers, names });
  return { target: `${path}?${sorted}&X-Amz-Signature=${seed.signature}`, headers, seed };
}

type Canonical = { readonly headers: HeaderList; readonly names: readonly string[] };

function canonical({ method, target, payload }: Unsigned, { headers, names }: Canonical): Buffer {
  const [path, query = ''] = target.split('?');
  const pairs = query.split('&').filter((pair) => pair !== '');
  const signedValue = (name: string) =>
    headers
      .filter(([each]) => each.toLowerCase() === name)
      .map(([, value]) => value.trim().replace(/ +/g, ' '))
      .join(',');
  const lines = [
    method,
    path,
    pairs.map((pair) => (pair.includes('=') ? pair : `${pair}=`)).join('&'),
    ...names.map((name) => `${name}:${signedValue(name)}`),
    '',
    names.join(';'),
    payload,
  ];
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** An aws-chunked body with signatures, ended by the empty chunk and, where given, a signed trailer. */
export function signedChunks(seed: Seed, chunks: readonly Uint8Array[], trailer?: readonly [string, string]): Buffer {
  const signText = (algorithm: string, previous: string, hashes: readonly string[]) =>
    seed.key.sign([algorithm, seed.amzDate, seed.scope, previous, ...hashes].join('\n')).toString('hex');
  const out: Uint8Array[] = [];
  let previous = seed.signature;
  for (const chunk of [...chunks, new Uint8Array(0)]) {
    previous = signText('AWS4-HMAC-SHA256-PAYLOAD', previous, [emptySha256, sha256Hex(chunk)]);
    out.push(Buffer.from(`${chunk.byteLength.toString(16)};chunk-signature=${previous}\r\n`), chunk);
    if (chunk.byteLength > 0) out.push(Buffer.from('\r\n'));
  }
  if (trailer !== undefined) {
    const [name, value] = trailer;
    const signature = signText('AWS4-HMAC-SHA256-TRAILER', previous, [sha256Hex(`${name}:${value}\n`)]);
    out.push(Buffer.from(`${name}:${value}\r\nx-amz-trailer-signature:${signature}\r\n`));
  }
  return Buffer.concat([...out, Buffer.from('\r\n')]);
}

/** An aws-chunked body without signatures, ended by a trailer. */
export function unsignedChunks(chunks: readonly Uint8Array[], trailer: readonly [string, string]): Buffer {
  const framed = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.byteLength.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...framed, Buffer.from(`0\r\n${trailer[0]}:${trailer[1]}\r\n\r\n`)]);
}
