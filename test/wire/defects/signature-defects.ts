/**
 * Why: each way in which a signature in a header can be wrong, by name; whoever forges one gets nowhere by any of them.
 */
import { type Defect, minuteMs, otherLastDigit, plusHeaders, type Wire, withHeader, without } from '../wire.ts';

function edited(wire: Wire, edit: (authorization: string) => string): Wire {
  return withHeader(wire, 'authorization', edit);
}

/** Of the header's text alone. */
function authorization(name: string, code: Defect['code'], edit: (text: string) => string): Defect {
  return { name, code, wire: (draft, signer) => edited(signer.signed(draft), edit) };
}

const malformed = 'AuthorizationHeaderMalformed';
const mismatch = 'SignatureDoesNotMatch';

function moreQuery(target: string, pair: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${pair}`;
}

const claims: readonly Defect[] = [
  authorization('another mechanism', 'InvalidRequest', () => 'Bearer token'),
  authorization('Signature Version 2', 'InvalidRequest', () => 'AWS AKIA:c2lnbmF0dXJl'),
  authorization('Signature Version 4A', 'InvalidRequest', (text) => text.replace('HMAC', 'ECDSA-P256')),
  authorization('nothing but the mechanism', malformed, () => 'AWS4-HMAC-SHA256'),
  authorization('no credential', malformed, (text) => text.replace(/Credential=[^,]*,/, '')),
  authorization('no signature', malformed, (text) => text.replace(/,Signature=.*/, '')),
  authorization('two signatures', malformed, (text) => `${text},Signature=${'0'.repeat(64)}`),
  authorization('an empty access key id', malformed, (text) => text.replace(/Credential=[^/]*/, 'Credential=')),
  authorization('an unknown access key id', 'InvalidAccessKeyId', (text) =>
    text.replace('Credential=', 'Credential=X'),
  ),
  authorization('another service', malformed, (text) => text.replace('/s3/', '/sts/')),
  authorization('another end of the scope', malformed, (text) => text.replace('aws4_request', 'aws5_request')),
  authorization('the scope of another day', malformed, (text) => text.replace(/\/\d{8}\//, '/20000101/')),
  authorization('the scope of another region than was signed', mismatch, (text) => text.replace('us-east-1', 'eu-1')),
  authorization('a changed signature', mismatch, otherLastDigit),
  authorization('a short signature', malformed, (text) => text.slice(0, -1)),
  authorization('a long signature', malformed, (text) => `${text}0`),
  authorization('a signature in upper case', malformed, (text) => text.replace(/[0-9a-f]{64}$/, 'A'.repeat(64))),
  authorization('an unsorted list of signed headers', malformed, (text) => text.replace(/SignedHeaders=/, '$&x-z;')),
  authorization('the host not signed', 'AccessDenied', (text) => text.replace('host;', '')),
  authorization('a signed header that did not come', mismatch, (text) => text.replace('host;', 'host;range;')),
];

const heads: readonly Defect[] = [
  {
    name: 'no authentication',
    code: 'AccessDenied',
    wire: (draft, signer) => without(signer.signed(draft), 'authorization'),
  },
  {
    name: 'two authorization headers',
    code: 'InvalidRequest',
    wire: (draft, signer) => plusHeaders(signer.signed(draft), ['authorization', 'AWS4-HMAC-SHA256 x']),
  },
  {
    name: 'the secret of somebody else',
    code: mismatch,
    wire: (draft, signer) => signer.signed(draft, { key: { ...signer.key, secretAccessKey: 'guessed' } }),
  },
  {
    name: 'authentication in header and query',
    code: 'InvalidArgument',
    wire: (draft, signer) => signer.signed({ ...draft, target: moreQuery(draft.target, 'X-Amz-Signature=00') }),
  },
  {
    name: 'Signature Version 2 in the query',
    code: 'InvalidRequest',
    wire: (draft, signer) => {
      const target = moreQuery(draft.target, 'AWSAccessKeyId=AKIA&Expires=9999999999&Signature=c2ln');
      return { ...draft, target, headers: [signer.host, ...draft.headers] };
    },
  },
  {
    name: 'another method than was signed',
    code: mismatch,
    wire: (draft, signer) => ({ ...signer.signed({ ...draft, method: 'PATCH' }), method: draft.method }),
  },
  {
    name: 'another path than was signed',
    code: mismatch,
    wire: (draft, signer) => ({ ...signer.signed({ ...draft, target: '/elsewhere' }), target: draft.target }),
  },
  {
    name: 'more query than was signed',
    code: mismatch,
    wire: (draft, signer) => ({ ...signer.signed(draft), target: moreQuery(draft.target, 'x-id=1') }),
  },
  {
    name: 'another host than was signed',
    code: mismatch,
    wire: (draft, signer) => withHeader(signer.signed(draft), 'host', () => 'evil.test'),
  },
  {
    name: 'an x-amz- header that nobody signed',
    code: 'AccessDenied',
    wire: (draft, signer) => plusHeaders(signer.signed(draft), ['x-amz-meta-wire', 'x']),
  },
  {
    name: 'another hash of the body than was signed',
    code: mismatch,
    wire: (draft, signer) => withHeader(signer.signed(draft), 'x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
  },
  {
    name: 'no hash of the body',
    code: 'InvalidRequest',
    wire: (draft, signer) => without(signer.signed(draft), 'x-amz-content-sha256'),
  },
  {
    name: 'a payload mode that is none',
    code: 'InvalidArgument',
    wire: (draft, signer) => signer.signed({ ...draft, payload: 'TRUST-ME' }),
  },
  {
    name: 'a payload mode of Version 4A',
    code: 'NotImplemented',
    wire: (draft, signer) => signer.signed({ ...draft, payload: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }),
  },
  {
    name: 'a session token',
    code: 'InvalidToken',
    wire: (draft, signer) =>
      signer.signed({ ...draft, headers: [...draft.headers, ['x-amz-security-token', 'token']] }),
  },
];

const times: readonly Defect[] = [
  {
    name: 'a date 16 minutes ago',
    code: 'RequestTimeTooSkewed',
    wire: (draft, signer) => signer.signed(draft, { atMs: signer.in(-16 * minuteMs) }),
  },
  {
    name: 'a date 16 minutes ahead',
    code: 'RequestTimeTooSkewed',
    wire: (draft, signer) => signer.signed(draft, { atMs: signer.in(16 * minuteMs) }),
  },
  { name: 'no date', code: 'AccessDenied', wire: (draft, signer) => without(signer.signed(draft), 'x-amz-date') },
  {
    name: 'a date that does not exist',
    code: 'AccessDenied',
    wire: (draft, signer) => signer.signed(draft, { amzDate: '20260230T000000Z' }),
  },
  {
    name: 'two dates',
    code: 'InvalidRequest',
    wire: (draft, signer) => plusHeaders(signer.signed(draft), ['x-amz-date', '20260101T000000Z']),
  },
];

export const signatureDefects: readonly Defect[] = [...claims, ...heads, ...times];
