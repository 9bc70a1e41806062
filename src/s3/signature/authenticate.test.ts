import { describe, expect, test } from 'vitest';
import { emptySha256, type HeaderList, sha256Hex, sign } from '../../../test/support/s3-signer.ts';
import { rootCredentials } from '../../access/credentials.ts';
import { rootIdentity } from '../../access/identity.ts';
import { systemClock } from '../../base/clock.ts';
import { parseAmzDate } from '../../sigv4/amz-date.ts';
import { splitTarget } from '../../sigv4/canonical.ts';
import { type S3Code, toFailure } from '../errors.ts';
import { HeaderFields, type RequestHead } from '../head.ts';
import { parseQuery } from '../router/target.ts';
import { Authenticator } from './authenticate.ts';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const amzDate = '20130524T000000Z';
const host = ['host', 'examplebucket.s3.amazonaws.com'] as const;

function headOf(method: string, target: string, headers: HeaderList): RequestHead {
  return { method, target, headers: new HeaderFields(headers.flat()) };
}

async function authenticate(head: RequestHead, atMs = parseAmzDate(amzDate) as number) {
  const clock = { ...systemClock, wallMs: () => atMs };
  return new Authenticator({ credentials: rootCredentials(key), clock }).authenticate({
    head,
    query: parseQuery(splitTarget(head.target).query),
  });
}

async function refusal(head: RequestHead, atMs?: number): Promise<S3Code | 'accepted'> {
  return authenticate(head, atMs).then(
    () => 'accepted',
    (error) => toFailure(error).code,
  );
}

function signedGet(changes: Partial<Parameters<typeof sign>[1]> = {}) {
  const request = { method: 'GET', target: '/b/k', headers: [host], payload: emptySha256, amzDate, ...changes };
  return { ...request, ...sign(key, request) };
}

const welcome = sha256Hex('Welcome to Amazon S3.');
const streaming = [
  ['host', 's3.amazonaws.com'],
  ['content-encoding', 'aws-chunked'],
  ['x-amz-decoded-content-length', '66560'],
  ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
] as const;

/** Published with their signatures in the S3 documentation. */
const examples = [
  [
    'GET an object',
    {
      method: 'GET',
      target: '/test.txt',
      payload: emptySha256,
      headers: [host, ['range', 'bytes=0-9']],
      signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
  ],
  [
    'PUT an object, with a $ in its key and a Date',
    {
      method: 'PUT',
      target: '/test$file.text',
      payload: welcome,
      headers: [host, ['date', 'Fri, 24 May 2013 00:00:00 GMT'], ['x-amz-storage-class', 'REDUCED_REDUNDANCY']],
      signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    },
  ],
  [
    'GET the lifecycle of a bucket',
    {
      method: 'GET',
      target: '/?lifecycle',
      payload: emptySha256,
      headers: [host],
      signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    },
  ],
  [
    'list objects',
    {
      method: 'GET',
      target: '/?prefix=J&max-keys=2',
      payload: emptySha256,
      headers: [host],
      signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ],
  [
    'upload in signed chunks',
    {
      method: 'PUT',
      target: '/examplebucket/chunkObject.txt',
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      headers: [...streaming, ['content-length', '66824']],
      signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    },
  ],
  [
    'upload in signed chunks with a trailer',
    {
      method: 'PUT',
      target: '/examplebucket/chunkObject.txt',
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      headers: [...streaming, ['x-amz-trailer', 'x-amz-checksum-crc32c']],
      signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    },
  ],
] as const;

test.each(examples)('the documented example: %s', async (_, { method, target, payload, headers, signature }) => {
  const all = [...headers, ['x-amz-date', amzDate], ['x-amz-content-sha256', payload]] as const;
  const names = all.map(([name]) => name).sort();
  const credential = `Credential=${key.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const head = headOf(method, target, [...all, ['authorization', authorization]]);
  const { identity, seed } = await authenticate(head);
  expect(identity).toEqual(rootIdentity(key.accessKeyId));
  expect(seed).toMatchObject({ signature, amzDate, scope: '20130524/us-east-1/s3/aws4_request' });
});

describe('what is signed', () => {
  test.each(['us-east-1', 'eu-central-1', 'auto', 'garage'])('any region: %s', async (region) => {
    const { headers } = signedGet({ region });
    expect(await refusal(headOf('GET', '/b/k', headers))).toBe('accepted');
  });

  test.each([
    '/b/a%20b',
    '/b/..',
    '/b//x',
    '/b/./x',
    '/b/%252e',
    '/b/%F0%9F%90%B3',
    '/b/a%2Fb',
    '/b/~',
    '/b?list-type=2&prefix=a%2Fb%20c',
    '/b?a=2&a-b=1',
    '/b?delete',
  ])('the raw target: %s', async (target) => {
    const { headers } = signedGet({ target });
    expect(await refusal(headOf('GET', target, headers))).toBe('accepted');
  });

  test('characters may be sent unencoded that the canonical form encodes, a query in any order', async () => {
    const { headers } = signedGet({ target: '/b/%28x%29%2A%27?a=%2B&prefix=x%20y' });
    expect(await refusal(headOf('GET', "/b/(x)*'?prefix=x+y&a=%2b", headers))).toBe('accepted');
  });

  test('an encoded slash is not a slash', async () => {
    const { headers } = signedGet({ target: '/b/a%2Fb' });
    expect(await refusal(headOf('GET', '/b/a/b', headers))).toBe('SignatureDoesNotMatch');
  });

  test('values are signed trimmed, with single blanks, and repeated fields joined', async () => {
    const headers = [
      host,
      ['x-amz-meta-a', '  two   words '],
      ['x-amz-meta-b', 'one'],
      ['x-amz-meta-b', 'two'],
    ] as const;
    expect(await refusal(headOf('GET', '/b/k', signedGet({ headers }).headers))).toBe('accepted');
  });

  test('the Date header serves where x-amz-date is missing', async () => {
    const date = 'Fri, 24 May 2013 00:00:00 GMT';
    const names = 'date;host;x-amz-content-sha256';
    const { headers } = signDateOnly(date, names);
    expect(await refusal(headOf('GET', '/b/k', headers))).toBe('accepted');
  });
});

/** As `sign`, but with a Date header instead of x-amz-date. */
function signDateOnly(date: string, names: string) {
  const lines = ['GET', '/b/k', '', `date:${date}`, `host:${host[1]}`, `x-amz-content-sha256:${emptySha256}`];
  const canonical = [...lines, '', names, emptySha256].join('\n');
  const { seed } = signedGet();
  const text = ['AWS4-HMAC-SHA256', amzDate, seed.scope, sha256Hex(canonical)].join('\n');
  const signature = seed.key.sign(text).toString('hex');
  const credential = `${key.accessKeyId}/${seed.scope}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  const headers = [
    host,
    ['date', date],
    ['x-amz-content-sha256', emptySha256],
    ['authorization', authorization],
  ] as const;
  return { headers };
}

describe('what is refused', () => {
  const good = signedGet();
  const without = (name: string) => good.headers.filter(([each]) => each !== name);
  const withAuthorization = (edit: (text: string) => string): HeaderList =>
    good.headers.map(([name, value]) => (name === 'authorization' ? [name, edit(value)] : [name, value]));

  const cases: readonly (readonly [string, HeaderList, S3Code])[] = [
    ['no x-amz-content-sha256', without('x-amz-content-sha256'), 'InvalidRequest'],
    ['no date', without('x-amz-date'), 'AccessDenied'],
    ['no host', without('host'), 'SignatureDoesNotMatch'],
    ['two authorization headers', [...good.headers, ['authorization', 'x']], 'InvalidRequest'],
    ['two dates', [...good.headers, ['x-amz-date', amzDate]], 'InvalidRequest'],
    ['two hosts', [...good.headers, ['host', 'evil']], 'InvalidRequest'],
    ['an unsigned x-amz- header', [...good.headers, ['x-amz-meta-a', 'b']], 'AccessDenied'],
    ['a session token', signedGet({ headers: [host, ['x-amz-security-token', 't']] }).headers, 'InvalidToken'],
    ['another mechanism', withAuthorization(() => 'AWS AKIA:abc='), 'InvalidRequest'],
    ['ECDSA', withAuthorization((text) => text.replace('HMAC', 'ECDSA-P256')), 'InvalidRequest'],
    [
      'a changed signature',
      withAuthorization((text) => text.replace(/.$/, (c) => (c === '0' ? '1' : '0'))),
      'SignatureDoesNotMatch',
    ],
    ['a short signature', withAuthorization((text) => text.slice(0, -1)), 'AuthorizationHeaderMalformed'],
    [
      'an upper-case signature',
      withAuthorization((text) => text.replace(/[0-9a-f]{64}$/, (s) => s.toUpperCase())),
      'AuthorizationHeaderMalformed',
    ],
    [
      'no signature, and another field',
      withAuthorization((text) => text.replace(',Signature', ',Other')),
      'AuthorizationHeaderMalformed',
    ],
    [
      'one header twice',
      withAuthorization((text) => text.replace('host;', 'host;host;')),
      'AuthorizationHeaderMalformed',
    ],
    ['no signature', withAuthorization((text) => text.replace(/,Signature.*/, '')), 'AuthorizationHeaderMalformed'],
    [
      'a field twice',
      withAuthorization((text) => `${text},Signature=${'0'.repeat(64)}`),
      'AuthorizationHeaderMalformed',
    ],
    ['an unknown key', withAuthorization((text) => text.replace('EXAMPLE/', 'NOBODY/')), 'InvalidAccessKeyId'],
    ['another service', withAuthorization((text) => text.replace('/s3/', '/ec2/')), 'AuthorizationHeaderMalformed'],
    ['another terminator', withAuthorization((text) => text.replace('aws4_', 'aws5_')), 'AuthorizationHeaderMalformed'],
    [
      'a scope of another day',
      withAuthorization((text) => text.replace('/20130524/', '/20130523/')),
      'AuthorizationHeaderMalformed',
    ],
    [
      'unsorted signed headers',
      withAuthorization((text) => text.replace('host;', '').replace(',Signature', ';host,Signature')),
      'AuthorizationHeaderMalformed',
    ],
    ['host not signed', withAuthorization((text) => text.replace('host;', '')), 'AccessDenied'],
    [
      'a signed header that did not come',
      withAuthorization((text) => text.replace('host;', 'host;range;')),
      'SignatureDoesNotMatch',
    ],
    ['a payload mode that is none', signedGet({ payload: 'nothing' }).headers, 'InvalidArgument'],
    [
      'a payload mode of SigV4A',
      signedGet({ payload: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }).headers,
      'NotImplemented',
    ],
    ['a date in another form', signedGet({ amzDate: '20130524T0000Z' }).headers, 'AccessDenied'],
    ['a date that does not exist', signedGet({ amzDate: '20130532T000000Z' }).headers, 'AccessDenied'],
  ];

  test.each(cases)('%s', async (_, headers, code) => {
    expect(await refusal(headOf('GET', '/b/k', headers))).toBe(code);
  });

  test.each([
    ['another method', 'PUT', '/b/k'],
    ['another key', 'GET', '/b/K'],
    ['another query', 'GET', '/b/k?uploads'],
  ])('%s than was signed', async (_, method, target) => {
    expect(await refusal(headOf(method, target, good.headers))).toBe('SignatureDoesNotMatch');
  });

  test('a time more than 15 minutes away, either way', async () => {
    const atMs = parseAmzDate(amzDate) as number;
    const limitMs = 15 * 60_000;
    const head = headOf('GET', '/b/k', good.headers);
    expect(await refusal(head, atMs + limitMs)).toBe('accepted');
    expect(await refusal(head, atMs - limitMs)).toBe('accepted');
    expect(await refusal(head, atMs + limitMs + 1)).toBe('RequestTimeTooSkewed');
    expect(await refusal(head, atMs - limitMs - 1)).toBe('RequestTimeTooSkewed');
  });

  test.each([
    ['the header and the query', '/b/k?X-Amz-Signature=00'],
    ['the header and version 2', '/b/k?AWSAccessKeyId=a&Signature=b'],
    ['both versions in the query', '/b/k?X-Amz-Signature=00&Signature=b'],
  ])('two sources of authentication: %s', async (what, target) => {
    const headers = what.startsWith('the header') ? good.headers : [host];
    expect(await refusal(headOf('GET', target, headers))).toBe('InvalidArgument');
  });

  test('Signature Version 2, with a text that says so', async () => {
    const byHeader = headOf('GET', '/b/k', [host, ['authorization', 'AWS AKIA:abc=']]);
    const byQuery = headOf('GET', '/b/k?AWSAccessKeyId=a&Expires=1&Signature=b', [host]);
    for (const head of [byHeader, byQuery])
      await expect(authenticate(head)).rejects.toThrow('Version 2 is not supported');
  });

  test('chunk signatures without a signature to continue', async () => {
    const payload = ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'] as const;
    expect(await refusal(headOf('PUT', '/b/k', [host, payload]))).toBe('AccessDenied');
    expect((await authenticate(headOf('PUT', '/b/k', [host]))).identity).toEqual({ kind: 'anonymous' });
  });
});

test('what was read of one header proves nothing of the next that begins like it', async () => {
  const clock = { ...systemClock, wallMs: () => parseAmzDate(amzDate) as number };
  const authenticator = new Authenticator({ credentials: rootCredentials(key), clock });
  const { headers } = signedGet();
  const outcome = async (change: (authorization: string) => string) => {
    const changed = headers.map(([name, value]) => [name, name === 'authorization' ? change(value) : value] as const);
    const head = headOf('GET', '/b/k', changed);
    return (async () => authenticator.authenticate({ head, query: new Map() }))().then(
      () => 'accepted',
      (error) => toFailure(error).code,
    );
  };
  for (let round = 0; round < 2; round++) {
    expect(await outcome((text) => text)).toBe('accepted');
    expect(await outcome((text) => text.slice(0, -64) + '0'.repeat(64))).toBe('SignatureDoesNotMatch');
    expect(await outcome((text) => text.slice(0, -64) + text.slice(-64).toUpperCase())).toBe(
      'AuthorizationHeaderMalformed',
    );
    expect(await outcome((text) => `${text.slice(0, -1)} `)).toBe('AuthorizationHeaderMalformed');
    expect(await outcome((text) => text.slice(0, -1))).toBe('AuthorizationHeaderMalformed');
    expect(await outcome((text) => `${text}0`)).toBe('AuthorizationHeaderMalformed');
  }
});
