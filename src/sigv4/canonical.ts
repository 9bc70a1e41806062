/**
 * Why: the canonical request is the text that both sides sign. It is built from what was sent, byte for byte: no
 * decoding of the path, no resolving of `..`, no merging of `//`.
 * Source: "Signature Calculations for the Authorization Header", Amazon S3 API reference.
 */
import { hash } from 'node:crypto';
import { signingAlgorithm } from './scope.ts';
import { canonicalPath, canonicalQueryText } from './uri.ts';

/** What is signed of a request, as it goes over the wire: values of headers are strings of bytes 0..255. */
export type SignedHead = {
  readonly method: string;
  /** Path and query, undecoded. */
  readonly target: string;
  /** `all` gives every value of the header with this lower-case name. */
  readonly headers: { readonly all: (name: string) => readonly string[] };
};

/** `payloadHash` is the value of x-amz-content-sha256 as sent. */
export function canonicalRequest(head: SignedHead, signedHeaders: readonly string[], payloadHash: string): string {
  const { path, query } = splitTarget(head.target);
  let text = `${head.method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n`;
  for (const name of signedHeaders) text += `${name}:${canonicalValue(head.headers.all(name))}\n`;
  return `${text}\n${signedHeaders.join(';')}\n${payloadHash}`;
}

export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** `name=value` pairs as sent, empty ones left out. */
export function queryPairs(query: string): readonly { readonly name: string; readonly value: string }[] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? { name: pair, value: '' } : { name: pair.slice(0, at), value: pair.slice(at + 1) };
  });
}

/** Sorted by name, then value; both are ASCII here, where the order of text is the order of bytes. */
function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = queryPairs(query).map(({ name, value }) => ({
    name: canonicalQueryText(name),
    value: canonicalQueryText(value),
  }));
  pairs.sort((left, right) => compareAscii(left.name, right.name) || compareAscii(left.value, right.value));
  return pairs.map(({ name, value }) => `${name}=${value}`).join('&');
}

function compareAscii(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function canonicalValue(values: readonly string[]): string {
  const [only = ''] = values;
  if (values.length === 1 && !/\s/.test(only)) return only;
  return values.map((value) => value.trim().replace(/ +/g, ' ')).join(',');
}

/** What the signature is made over. Header values are bytes, so the text is hashed as such. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  const digest = hash('sha256', Buffer.from(canonical, 'latin1'), 'hex');
  return `${signingAlgorithm}\n${amzDate}\n${scope}\n${digest}`;
}
