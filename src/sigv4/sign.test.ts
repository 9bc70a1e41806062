import { expect, test } from 'vitest';
import { type HeaderList, sha256Hex, sign } from '../../test/support/s3-signer.ts';
import { hex } from '../base/bytes.ts';
import { sha256 } from '../base/hash.ts';
import { parseAmzDate } from './amz-date.ts';
import { ChunkChain, signedChunksPayload } from './chunk-chain.ts';
import { type HeaderPair, presignTarget, signHeaders } from './sign.ts';

/** The credentials, time and host of the examples in the Amazon S3 API reference. */
const signer = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const atMs = parseAmzDate('20130524T000000Z') as number;
const host: HeaderPair = ['host', 'examplebucket.s3.amazonaws.com'];
const emptySha256 = sha256Hex('');

function authorizationOf(pairs: readonly HeaderPair[]): string | undefined {
  return new Map(pairs).get('authorization');
}

test.each<[string, string, string, readonly HeaderPair[], string, string]>([
  [
    'GET an object',
    'GET',
    '/test.txt',
    [host, ['range', 'bytes=0-9']],
    emptySha256,
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'PUT an object',
    'PUT',
    '/test$file.text',
    [host, ['date', 'Fri, 24 May 2013 00:00:00 GMT'], ['x-amz-storage-class', 'REDUCED_REDUNDANCY']],
    sha256Hex('Welcome to Amazon S3.'),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'GET the lifecycle',
    'GET',
    '/?lifecycle',
    [host],
    emptySha256,
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'list objects',
    'GET',
    '/?max-keys=2&prefix=J',
    [host],
    emptySha256,
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
])('%s is signed as published', (_, method, target, headers, payloadHash, signature) => {
  const signed = signHeaders({ method, target, headers }, { signer, atMs, payloadHash });
  expect(signed.seed.signature).toBe(signature);
  expect(authorizationOf(signed.headers)).toMatch(new RegExp(`,Signature=${signature}$`));
});

test('a URL is presigned as published', () => {
  const request = { method: 'GET', target: '/test.txt', headers: [host] };
  expect(presignTarget(request, { signer, atMs, expiresSeconds: 86_400 })).toBe(
    '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
      '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
});

test('signs as the signer of the tests does, which shares nothing with it', () => {
  const headers: HeaderList = [host, ['x-amz-meta-name', 'Gr\u00c3\u00b6\u00c3\u009fe  1']];
  const target = '/a%20b/%C3%A9?list-type=2&prefix=a%2Fb';
  const theirs = sign(signer, { method: 'GET', target, headers, payload: emptySha256, amzDate: '20130524T000000Z' });
  const mine = signHeaders({ method: 'GET', target, headers }, { signer, atMs, payloadHash: emptySha256 });
  expect(authorizationOf(mine.headers)).toBe(new Map(theirs.headers).get('authorization'));
});

test('a session token is signed along, in both forms', () => {
  const temporary = { ...signer, sessionToken: 'to/ken' };
  const request = { method: 'GET', target: '/b/k?versions', headers: [host] };
  const signed = new Map(signHeaders(request, { signer: temporary, atMs, payloadHash: emptySha256 }).headers);
  expect(signed.get('x-amz-security-token')).toBe('to/ken');
  expect(signed.get('authorization')).toContain(
    'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,',
  );
  const target = presignTarget(request, { signer: temporary, atMs, expiresSeconds: 60 });
  expect(target).toContain('/b/k?versions&X-Amz-Algorithm=');
  expect(target).toContain('&X-Amz-Security-Token=to%2Fken&X-Amz-SignedHeaders=host&X-Amz-Signature=');
});

test('a body in chunks is signed as published', () => {
  const headers: HeaderPair[] = [
    ['host', 's3.amazonaws.com'],
    ['content-encoding', 'aws-chunked'],
    ['content-length', '66824'],
    ['x-amz-decoded-content-length', '66560'],
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
  ];
  const request = { method: 'PUT', target: '/examplebucket/chunkObject.txt', headers };
  const { seed } = signHeaders(request, { signer, atMs, payloadHash: signedChunksPayload });
  expect(seed.signature).toBe('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9');
  const chain = new ChunkChain(seed);
  const signatures = [65_536, 1024, 0].map((bytes) => hex(chain.sign(sha256(new Uint8Array(bytes).fill(97)))));
  expect(signatures).toEqual([
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]);
});
