/** Why: each way in which a signature in the query can be wrong, by name. */
import { type Defect, minuteMs, otherLastDigit, plusHeaders } from '../wire.ts';

const malformed = 'AuthorizationQueryParametersError';
const mismatch = 'SignatureDoesNotMatch';

/** Of the target's text alone. */
function target(name: string, code: Defect['code'], edit: (target: string) => string): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const presigned = signer.presigned(draft);
    return { ...presigned, target: edit(presigned.target) };
  };
  return { name: `presigned: ${name}`, code, wire };
}

function dropped(field: string): Defect {
  const pattern = new RegExp(`X-Amz-${field}=[^&]*&?`);
  return target(`no ${field}`, malformed, (text) => text.replace(pattern, ''));
}

export const presignedDefects: readonly Defect[] = [
  ...['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(dropped),
  target('names in lower case', malformed, (text) => text.replaceAll('X-Amz-', 'x-amz-')),
  target('another algorithm', malformed, (text) => text.replace('AWS4-HMAC', 'AWS4-ECDSA-P256')),
  target('a life of more than a week', malformed, (text) => text.replace('Expires=60', 'Expires=604801')),
  target('no life at all', malformed, (text) => text.replace('Expires=60', 'Expires=0')),
  target('a life that is no number', malformed, (text) => text.replace('Expires=60', 'Expires=forever')),
  target('a longer life than was signed', mismatch, (text) => text.replace('Expires=60', 'Expires=61')),
  target('a changed signature', mismatch, otherLastDigit),
  target('more in the query than was signed', mismatch, (text) => `${text}&x-amz-acl=private`),
  target('the signature twice', 'InvalidArgument', (text) => `${text}&X-Amz-Signature=${'0'.repeat(64)}`),
  {
    name: 'presigned: expired',
    code: 'AccessDenied',
    wire: (draft, signer) => signer.presigned(draft, { atMs: signer.in(-2 * minuteMs) }),
  },
  {
    name: 'presigned: not yet valid',
    code: 'AccessDenied',
    wire: (draft, signer) => signer.presigned(draft, { atMs: signer.in(16 * minuteMs) }),
  },
  {
    name: 'presigned: another method than was signed',
    code: mismatch,
    wire: (draft, signer) => ({ ...signer.presigned({ ...draft, method: 'PATCH' }), method: draft.method }),
  },
  {
    name: 'presigned: an x-amz- header that nobody signed',
    code: 'AccessDenied',
    wire: (draft, signer) => plusHeaders(signer.presigned(draft), ['x-amz-meta-wire', 'x']),
  },
  {
    name: 'presigned: a session token',
    code: 'InvalidToken',
    wire: (draft, signer) => signer.presigned(draft, { query: [['X-Amz-Security-Token', 'token']] }),
  },
];
