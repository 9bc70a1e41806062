/** Why: an authorization header is parsed whole and strictly, or refused; what it claims is proven elsewhere. */
import { type Scope, signingAlgorithm } from '../../sigv4/scope.ts';
import { s3Error } from '../errors.ts';

export type Authorization = {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** Lower-case, sorted, each once. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hex digits. */
  readonly signature: string;
};

export function parseAuthorization(header: string): Authorization {
  const [scheme, ...rest] = header.trim().split(' ');
  if (scheme !== signingAlgorithm) {
    throw s3Error('InvalidRequest', `The authorization mechanism is not supported; use ${signingAlgorithm}`);
  }
  const fields = parseFields(rest.join(' '));
  return {
    ...parseCredential(fields.Credential),
    signedHeaders: parseSignedHeaders(fields.SignedHeaders),
    signature: parseSignature(fields.Signature),
  };
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

function parseCredential(text: string): { readonly accessKeyId: string; readonly scope: Scope } {
  const match = /^([^/].{0,127})\/(\d{8})\/([A-Za-z0-9_-]{1,64})\/([^/]*)\/([^/]*)$/.exec(text);
  if (match === null) throw malformed('the Credential must be ID/YYYYMMDD/REGION/s3/aws4_request');
  const [, accessKeyId, date, region, service, end] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (service !== 's3') throw malformed(`the service in the Credential must be s3`);
  if (end !== 'aws4_request') throw malformed('the Credential must end in aws4_request');
  return { accessKeyId, scope: { date, region } };
}

function parseSignedHeaders(text: string): readonly string[] {
  const names = text.split(';');
  const sorted = [...new Set(names)].sort();
  if (sorted.join(';') !== text || !/^[!-:<-@[-~]+$/.test(names.join(''))) {
    throw malformed('SignedHeaders must be lower-case, sorted and without repetition');
  }
  return names;
}

function parseSignature(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw malformed('the Signature must be 64 lower-case hex digits');
  return text;
}

function malformed(why: string) {
  return s3Error('AuthorizationHeaderMalformed', `The authorization header is malformed: ${why}`);
}
