/** Why: a head is signed before the clock starts, and lets whatever body come after it, unless it names its hash. */
import { type HeaderPair, signHeaders } from '../../src/sigv4/sign.ts';
import type { HttpEndpoint } from './endpoint.ts';

export type HeadToSign = {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers?: readonly HeaderPair[];
  /** Of a PUT. */
  readonly bodyBytes?: number;
  /** SHA-256 of the body, in hex. Left out: any body. */
  readonly payloadHash?: string;
};

export function signedHead(endpoint: HttpEndpoint, head: HeadToSign): Buffer {
  const { method, target, headers = [], bodyBytes, payloadHash = 'UNSIGNED-PAYLOAD' } = head;
  const { headers: signed } = signHeaders(
    { method, target, headers: [['host', hostOf(endpoint)], ...headers] },
    { signer: { ...endpoint, region }, atMs: Date.now(), payloadHash },
  );
  const length = bodyBytes === undefined ? [] : [['content-length', String(bodyBytes)] as const];
  return headOf(method, target, [...signed, ...length]);
}

export const region = 'us-east-1';

export function hostOf({ host, port }: HttpEndpoint): string {
  return `${host}:${port}`;
}

/** With the empty line that ends it. */
export function headOf(method: string, target: string, headers: readonly HeaderPair[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'), 'latin1');
}
