/**
 * Why: what a request says of who signed it is the same whether a header or a query says it; only the way it is refused
 * differs. Nothing of a claim is proven here.
 */
import type { CopysetError } from '../../base/errors.ts';
import type { Scope } from '../../sigv4/scope.ts';

export type Claim = {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** Lower-case, sorted, each once. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hex digits. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`, a time that exists. */
  readonly amzDate: string;
  /** What stands for the body in the canonical request. */
  readonly payloadHash: string;
};

/** The error for a claim that cannot be read. */
export type Refuse = (why: string) => CopysetError;

export function parseCredential(text: string, refuse: Refuse): Pick<Claim, 'accessKeyId' | 'scope'> {
  const match = /^([^/].{0,127})\/(\d{8})\/([A-Za-z0-9_-]{1,64})\/([^/]*)\/([^/]*)$/.exec(text);
  if (match === null) throw refuse('the Credential must be ID/YYYYMMDD/REGION/s3/aws4_request');
  const [, accessKeyId, date, region, service, end] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (service !== 's3') throw refuse('the service in the Credential must be s3');
  if (end !== 'aws4_request') throw refuse('the Credential must end in aws4_request');
  return { accessKeyId, scope: { date, region } };
}

export function parseSignedHeaders(text: string, refuse: Refuse): readonly string[] {
  const names = text.split(';');
  const isSorted = names.every((name, at) => at === 0 || name > (names[at - 1] as string));
  if (!isSorted || !/^[!-@[-~]+$/.test(text)) {
    throw refuse('SignedHeaders must be lower-case, sorted and without repetition');
  }
  return names;
}

export function parseSignature(text: string, refuse: Refuse): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw refuse('the Signature must be 64 lower-case hex digits');
  return text;
}

/** A key is good for one day: the request must be of that day. */
export function checkScopeDate({ amzDate, scope }: Claim, refuse: Refuse): void {
  if (amzDate.slice(0, 8) !== scope.date) throw refuse('the date in the Credential is not the date of the request');
}
