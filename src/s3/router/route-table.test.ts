import { describe, expect, test } from 'vitest';
import { actions } from '../../access/action.ts';
import { isCopysetError } from '../../base/errors.ts';
import { toFailure } from '../errors.ts';
import { HeaderFields } from '../head.ts';
import type { Operation } from '../operation.ts';
import { operations } from '../operations/operations.ts';
import { emptyReply } from '../reply.ts';
import { type AnyOperation, RouteTable } from './route-table.ts';
import { type BucketTarget, parseTarget } from './target.ts';

const table = new RouteTable(operations);

function match(method: string, target: string, headers: Readonly<Record<string, string>> = {}): AnyOperation {
  const head = { method, target, headers: new HeaderFields(Object.entries(headers).flat()) };
  return table.match(head, parseTarget(target));
}

function refusal(...request: Parameters<typeof match>): { code: string; message: string } {
  try {
    return { code: 'accepted', message: match(...request).name };
  } catch (error) {
    return toFailure(error);
  }
}

const copySource = { 'x-amz-copy-source': 'b/k' };

test.each([
  ['GET', '/', {}, 'ListBuckets'],
  ['GET', '/?x-id=ListBuckets', {}, 'ListBuckets'],
  ['PUT', '/bucket', {}, 'CreateBucket'],
  ['HEAD', '/bucket/', {}, 'HeadBucket'],
  ['DELETE', '/bucket', {}, 'DeleteBucket'],
  ['GET', '/bucket?location', {}, 'GetBucketLocation'],
  ['GET', '/bucket?list-type=2&prefix=a&delimiter=/&encoding-type=url', {}, 'ListObjectsV2'],
  ['GET', '/bucket', {}, 'ListObjects'],
  ['GET', '/bucket?marker=a&delimiter=/', {}, 'ListObjects'],
  ['GET', '/bucket?versions&prefix=a', {}, 'ListObjectVersions'],
  ['PUT', '/bucket?versioning', {}, 'PutBucketVersioning'],
  ['DELETE', '/bucket?policy', {}, 'DeleteBucketPolicy'],
  ['GET', '/bucket?lifecycle', {}, 'GetBucketLifecycleConfiguration'],
  ['GET', '/bucket?uploads', {}, 'ListMultipartUploads'],
  ['POST', '/bucket?delete', {}, 'DeleteObjects'],
  ['PUT', '/bucket/key', {}, 'PutObject'],
  [
    'PUT',
    '/bucket/key',
    { 'x-amz-meta-a': 'b', 'x-amz-acl': 'private', 'x-amz-checksum-crc32': 'AAAAAA==' },
    'PutObject',
  ],
  ['PUT', '/bucket/key', { 'x-amz-tagging': 'a=b', 'if-none-match': '*' }, 'PutObject'],
  ['PUT', '/bucket/key', copySource, 'CopyObject'],
  ['PUT', '/bucket/key', { ...copySource, 'x-amz-copy-source-if-match': '"a"' }, 'CopyObject'],
  ['PUT', '/bucket/key?tagging&versionId=1', {}, 'PutObjectTagging'],
  ['GET', '/bucket/key', { 'if-match': '"a"', 'x-amz-checksum-mode': 'ENABLED', range: 'bytes=0-1' }, 'GetObject'],
  ['GET', '/bucket/key?partNumber=1&versionId=1&response-content-type=a', {}, 'GetObject'],
  ['GET', '/bucket/key?attributes', { 'x-amz-object-attributes': 'ETag' }, 'GetObjectAttributes'],
  ['HEAD', '/bucket/key', {}, 'HeadObject'],
  ['DELETE', '/bucket/key?versionId=1', {}, 'DeleteObject'],
  ['DELETE', '/bucket/key', {}, 'DeleteObject'],
  ['POST', '/bucket/key?uploads', { 'x-amz-checksum-algorithm': 'CRC32' }, 'CreateMultipartUpload'],
  ['PUT', '/bucket/key', { 'x-amz-metadata-directive': 'REPLACE' }, 'PutObject'],
  ['PUT', '/bucket/key?partNumber=1&uploadId=x', {}, 'UploadPart'],
  ['PUT', '/bucket/key?partNumber=1&uploadId=x', copySource, 'UploadPartCopy'],
  ['POST', '/bucket/key?uploadId=x', {}, 'CompleteMultipartUpload'],
  ['POST', '/bucket/key?uploadId=x', { 'x-amz-checksum-type': 'COMPOSITE' }, 'CompleteMultipartUpload'],
  ['DELETE', '/bucket/key?uploadId=x', {}, 'AbortMultipartUpload'],
  ['GET', '/bucket/key?uploadId=x', {}, 'ListParts'],
] as const)('%s %s %j is %s', (method, target, headers, name) => {
  expect(match(method, target, headers).name).toBe(name);
});

describe('what is not supported is named', () => {
  test.each([
    ['GET', '/bucket?analytics&id=1', {}, '?analytics'],
    ['GET', '/bucket?versions&list-type=2', {}, '?versions'],
    ['GET', '/bucket?list-type=1', {}, 'list-type'],
    ['PUT', '/bucket?encryption', {}, 'CreateBucket with ?encryption'],
    ['PUT', '/bucket?acl', { 'x-amz-acl': 'public-read' }, 'x-amz-acl'],
    ['PUT', '/bucket/key?retention', {}, 'PutObject with ?retention'],
    ['PUT', '/bucket/key?versionId=1', {}, '?versionId'],
    ['DELETE', '/bucket/key', { 'if-none-match': '*' }, 'if-none-match'],
    ['DELETE', '/bucket/key?versionId=1', { 'x-amz-mfa': '1 2' }, 'x-amz-mfa'],
    ['POST', '/bucket/key', {}, 'POST on an object'],
    ['POST', '/', {}, 'POST on the service'],
    ['PATCH', '/bucket/key', {}, 'PATCH on an object'],
    ['OPTIONS', '/bucket/key', {}, 'OPTIONS on an object'],
    ['PUT', '/bucket/key', { 'x-amz-acl': 'public-read' }, 'x-amz-acl'],
    ['PUT', '/bucket/key', { 'x-amz-metadata-directive': 'COPY' }, 'x-amz-metadata-directive'],
    ['PUT', '/bucket/key', { 'x-amz-storage-class': 'GLACIER' }, 'x-amz-storage-class'],
    ['PUT', '/bucket/key', { 'x-amz-server-side-encryption': 'AES256' }, 'x-amz-server-side-encryption'],
    ['PUT', '/bucket/key', { 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'x-amz-object-lock-mode'],
    ['PUT', '/bucket/key', { 'content-range': 'bytes 0-1/2' }, 'content-range'],
    ['PUT', '/bucket/key', { 'x-amz-checksum-crc16': 'AA==' }, 'x-amz-checksum-crc16'],
    ['GET', '/bucket/key', { 'if-range': '"a"' }, 'if-range'],
    ['GET', '/bucket/key', { 'x-amz-request-payer': 'requester' }, 'x-amz-request-payer'],
    ['GET', '/bucket/key', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'x-amz-checksum-crc32'],
    ['PUT', '/bucket/key', { ...copySource, 'x-amz-checksum-crc32': 'AAAAAA==' }, 'x-amz-checksum-crc32'],
    ['PUT', '/bucket/key', { 'x-amz-replication-status': 'REPLICA' }, 'x-amz-replication-status'],
  ] as const)('%s %s %j', (method, target, headers, named) => {
    const { code, message } = refusal(method, target, headers);
    expect(code).toBe('NotImplemented');
    expect(message).toContain(named);
  });

  test('and what would be is listed', () => {
    expect(refusal('POST', '/bucket?x').message).toContain('DeleteObjects (?delete)');
  });
});

describe('registration', () => {
  const good = {
    name: 'Good',
    level: 'bucket',
    method: 'GET',
    action: 's3:ListBucket',
    body: 'none',
    handle: async () => emptyReply(200),
  } as const satisfies Operation<BucketTarget>;

  test('every operation of the door has a declared action and a name of its own', () => {
    for (const { action } of operations) expect(actions).toContain(action);
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
  });

  test('a route without an action cannot be registered', () => {
    const { action: _, ...rest } = good;
    // @ts-expect-error the compiler refuses it first
    const withoutAction: Operation<BucketTarget> = rest;
    expect(() => new RouteTable([withoutAction])).toThrow('a declared action');
    // @ts-expect-error an action that nobody declared
    const invented: Operation<BucketTarget> = { ...good, action: 's3:Anything' };
    expect(() => new RouteTable([invented])).toThrow('a declared action');
  });

  test('two operations cannot share a route', () => {
    expect(() => new RouteTable([good, { ...good, name: 'Other' }])).toThrowError(
      expect.toSatisfy((error) => isCopysetError(error, 'bug')),
    );
    expect(() => new RouteTable([good, { ...good, name: 'Other', when: { query: { x: true } } }])).not.toThrow();
  });
});
