/** Why: a head is signed before the clock starts, and lets whatever body come after it. */
import { type HeaderPair, signHeaders } from '../../src/sigv4/sign.ts';
import type { HttpEndpoint } from './job.ts';

export type HeadToSign = {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** Of a PUT. */
  readonly bodyBytes?: number;
};

export function signedHead(endpoint: HttpEndpoint, { method, target, bodyBytes }: HeadToSign): Buffer {
  const headers = [['host', hostOf(endpoint)]] as const;
  const { headers: signed } = signHeaders(
    { method, target, headers },
    { signer: { ...endpoint, region }, atMs: Date.now(), payloadHash: 'UNSIGNED-PAYLOAD' },
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
