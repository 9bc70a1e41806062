import { describe, expect, test } from 'vitest';
import { type HeaderList, presign, sha256Hex, type Unsigned } from '../../../test/support/s3-signer.ts';
import { rootCredentials } from '../../access/credentials.ts';
import { rootIdentity } from '../../access/identity.ts';
import { systemClock } from '../../base/clock.ts';
import { parseAmzDate } from '../../sigv4/amz-date.ts';
import { splitTarget } from '../../sigv4/canonical.ts';
import { type S3Code, toFailure } from '../errors.ts';
import { HeaderFields } from '../head.ts';
import { parseQuery } from '../router/target.ts';
import { Authenticator } from './authenticate.ts';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const amzDate = '20130524T000000Z';
const host = ['host', 'examplebucket.s3.amazonaws.com'] as const;
const atMs = parseAmzDate(amzDate) as number;

type Sent = { readonly target: string; readonly headers: HeaderList; readonly method?: string };

async function authenticate({ target, headers, method = 'GET' }: Sent, nowMs = atMs) {
  const head = { method, target, headers: new HeaderFields(headers.flat()) };
  const authenticator = new Authenticator({
    credentials: rootCredentials(key),
    clock: { ...systemClock, wallMs: () => nowMs },
  });
  return authenticator.authenticate({ head, query: parseQuery(splitTarget(target).query) });
}

async function refusal(sent: Sent, nowMs?: number): Promise<S3Code | 'accepted'> {
  return authenticate(sent, nowMs).then(
    () => 'accepted',
    (error) => toFailure(error).code,
  );
}

function presignedGet(changes: Partial<Unsigned> = {}, options: Parameters<typeof presign>[2] = {}) {
  const unsigned = { method: 'GET', target: '/test.txt', headers: [host], payload: 'UNSIGNED-PAYLOAD', amzDate };
  return presign(key, { ...unsigned, ...changes }, options);
}

test('the documented example', async () => {
  const target =
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
    '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
    '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
  const { identity, mode, query } = await authenticate({ target, headers: [host] });
  expect(identity).toEqual(rootIdentity(key.accessKeyId));
  expect(mode).toEqual({ kind: 'unsigned' });
  expect(query).toEqual(new Map());
});

describe('what is signed', () => {
  test('the rest of the query, which is what is left of it', async () => {
    const sent = presignedGet({ target: '/b/k?list-type=2&prefix=a%2Fb%20c' });
    const { query } = await authenticate(sent);
    const rest = new Map([
      ['list-type', '2'],
      ['prefix', 'a/b c'],
    ]);
    expect(query).toEqual(rest);
    expect(await refusal({ ...sent, target: sent.target.replace('a%2Fb', 'a%2Fc') })).toBe('SignatureDoesNotMatch');
  });

  test('a header that was signed, in its one value', async () => {
    const range = ['range', 'bytes=0-9'] as const;
    const { target } = presignedGet({ headers: [host, range] });
    expect(await refusal({ target, headers: [host, range] })).toBe('accepted');
    expect(await refusal({ target, headers: [host, ['range', 'bytes=0-8']] })).toBe('SignatureDoesNotMatch');
    expect(await refusal({ target, headers: [host] })).toBe('SignatureDoesNotMatch');
  });

  test('what stands in the query in the place of headers is a header, in any case', async () => {
    const query = [
      ['x-amz-meta-a', 'b é'],
      ['X-Amz-Acl', 'private'],
    ] as const;
    const { head } = await authenticate(presignedGet({}, { query }));
    expect(head.headers.get('x-amz-meta-a')).toBe(Buffer.from('b é').toString('latin1'));
    expect(head.headers.get('x-amz-acl')).toBe('private');
  });

  test.each(['query', 'header'])('the hash of the body, given in the %s', async (place) => {
    const payload = sha256Hex('body');
    const pair = ['X-Amz-Content-Sha256', payload] as const;
    const options = place === 'query' ? { query: [pair] } : {};
    const headers = place === 'query' ? [host] : [host, pair];
    const { mode } = await authenticate(presignedGet({ payload, headers }, options));
    expect(mode).toEqual({ kind: 'hashed', sha256: payload });
  });

  test('chunks that continue its signature', async () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const sent = presignedGet({ method: 'PUT', payload }, { query: [['X-Amz-Content-Sha256', payload]] });
    const { mode, seed } = await authenticate({ ...sent, method: 'PUT' });
    expect(mode).toEqual({ kind: 'signed-chunks' });
    expect(seed?.signature).toBe(sent.seed.signature);
  });
});

describe('time', () => {
  const hourMs = 3_600_000;

  test('it is good until it expires, and not a moment longer', async () => {
    const sent = presignedGet({}, { expires: '3600' });
    expect(await refusal(sent, atMs + hourMs)).toBe('accepted');
    expect(await refusal(sent, atMs + hourMs + 1)).toBe('AccessDenied');
    await expect(authenticate(sent, atMs + hourMs + 1)).rejects.toThrow('Request has expired');
  });

  test('it is good from 15 minutes before its date: clocks differ', async () => {
    const sent = presignedGet();
    expect(await refusal(sent, atMs - 15 * 60_000)).toBe('accepted');
    await expect(authenticate(sent, atMs - 15 * 60_000 - 1)).rejects.toThrow('Request is not yet valid');
  });

  test.each([
    ['1', 'accepted'],
    ['604800', 'accepted'],
    ['604801', 'AuthorizationQueryParametersError'],
    ['0', 'AuthorizationQueryParametersError'],
    ['-1', 'AuthorizationQueryParametersError'],
    ['1.5', 'AuthorizationQueryParametersError'],
    ['soon', 'AuthorizationQueryParametersError'],
    ['', 'AuthorizationQueryParametersError'],
  ])('for %s seconds: %s', async (expires, code) => {
    expect(await refusal(presignedGet({}, { expires }))).toBe(code);
  });
});

describe('what is refused', () => {
  const good = presignedGet();
  const edited = (edit: (target: string) => string) => ({ ...good, target: edit(good.target) });

  const cases: readonly (readonly [string, Sent, S3Code])[] = [
    ['no algorithm', edited((t) => t.replace(/X-Amz-Algorithm=[^&]*&/, '')), 'AuthorizationQueryParametersError'],
    ['no expiry', edited((t) => t.replace(/X-Amz-Expires=[^&]*&/, '')), 'AuthorizationQueryParametersError'],
    ['no signature', edited((t) => t.replace(/&X-Amz-Signature=.*/, '')), 'AuthorizationQueryParametersError'],
    ['names in other letters', edited((t) => t.toLowerCase()), 'AuthorizationQueryParametersError'],
    ['ECDSA', edited((t) => t.replace('HMAC', 'ECDSA')), 'AuthorizationQueryParametersError'],
    ['a short signature', edited((t) => t.slice(0, -1)), 'AuthorizationQueryParametersError'],
    ['another service', edited((t) => t.replace('%2Fs3%2F', '%2Fec2%2F')), 'AuthorizationQueryParametersError'],
    ['another day', edited((t) => t.replace('%2F20130524', '%2F20130523')), 'AuthorizationQueryParametersError'],
    ['no date', edited((t) => t.replace('20130524T', '20130524X')), 'AuthorizationQueryParametersError'],
    ['an unknown key', edited((t) => t.replace('EXAMPLE%2F', 'NOBODY%2F')), 'InvalidAccessKeyId'],
    ['a changed signature', edited((t) => t.replace(/.$/, (c) => (c === '0' ? '1' : '0'))), 'SignatureDoesNotMatch'],
    ['a longer life than was signed', edited((t) => t.replace('Expires=60', 'Expires=61')), 'SignatureDoesNotMatch'],
    ['more in the query than was signed', edited((t) => `${t}&x-amz-acl=private`), 'SignatureDoesNotMatch'],
    ['another method', { ...good, method: 'DELETE' }, 'SignatureDoesNotMatch'],
    ['an unsigned x-amz- header', { ...good, headers: [host, ['x-amz-meta-a', 'b']] }, 'AccessDenied'],
    ['a body hash that nobody signed', { ...good, headers: [host, ['x-amz-content-sha256', 'x']] }, 'InvalidArgument'],
    ['a session token', presignedGet({}, { query: [['X-Amz-Security-Token', 't']] }), 'InvalidToken'],
    [
      'a line end in what becomes a header',
      presignedGet({}, { query: [['x-amz-meta-a', 'b\r\nc']] }),
      'InvalidArgument',
    ],
    ['host not signed', presignedGet({ headers: [['range', 'bytes=0-1']] }), 'AccessDenied'],
  ];

  test.each(cases)('%s', async (_, sent, code) => {
    expect(await refusal(sent)).toBe(code);
  });

  test('the same said in the query and in a header is said twice', async () => {
    const payload = sha256Hex('');
    const header = ['x-amz-content-sha256', payload] as const;
    const sent = presignedGet({ headers: [host, header], payload }, { query: [header] });
    expect(await refusal(sent)).toBe('InvalidRequest');
  });
});
